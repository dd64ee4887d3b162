/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events/field.h"
#include "pipeline/events/payload.h"

static gboolean is_sns(const json_t *json)
{
    return field_text(json, "Type") != NULL && json_object_get(json, "Message") != NULL;
}

static gboolean is_sns_record(const json_t *json)
{
    return json_object_get(json_object_get(json, "Sns"), "Message") != NULL;
}

static gboolean is_sqs_record(const json_t *json)
{
    return json_object_get(json, "body") != NULL;
}

static gboolean is_sqs(const json_t *json)
{
    return json_object_get(json, "Body") != NULL;
}

static const struct {
    gboolean (*match)(const json_t *json);
    const char *holder;  /* the member that holds the content's object; NULL: the envelope itself */
    const char *content; /* JSON in a text, as a rule */
} envelopes[] = {
    {is_sns_record, "Sns", "Message"}, /* Lambda's Records of SNS */
    {is_sns, NULL, "Message"},
    {is_sqs_record, NULL, "body"}, /* Lambda's Records of SQS */
    {is_sqs, NULL, "Body"},
};

gboolean envelopes_match(const json_t *json)
{
    for (gsize i = 0; i < G_N_ELEMENTS(envelopes); i++)
        if (envelopes[i].match(json))
            return TRUE;
    return FALSE;
}

void envelopes_read(Payload *self, json_t *json)
{
    gsize row = 0;
    while (!envelopes[row].match(json))
        row++;
    const char *holder = envelopes[row].holder;
    const char *content = envelopes[row].content;
    json_t *object = holder == NULL ? json : json_object_get(json, holder);

    const char *type = field_text(object, "Type"); /* SNS also sends SubscriptionConfirmation */
    if (type != NULL && !g_str_equal(type, "Notification")) {
        payload_take_unparsable(self, "an SNS message of type \"%.32s\" holds no event", type);
        return;
    }
    gsize mark = holder == NULL ? payload_enter(self, "%s", content)
                                : payload_enter(self, "%s.%s", holder, content);
    payload_unwrap(self, json_object_get(object, content));
    payload_leave(self, mark);
}
