/* librdkafka as a driver: see ../../DRIVERS.md. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lines.h"
#include "rdkafka.h"

#define WAIT_MS 60000
#define CONNECT_MS 15000
#define POLL_MS 100
#define MOST_CLIENTS 64

typedef struct {
    char *name;
    rd_kafka_t *client;
} opened;

static const char *bootstrap;
static value *security;
static rd_kafka_t *administrator;
static opened producers[MOST_CLIENTS], consumers[MOST_CLIENTS];
static buffer out;
static jmp_buf failed;

/* Errors end a request: what was put so far is dropped. */

static void fail(const char *name, const char *reason) {
    buffer said = {NULL, 0, 0};
    put(&said, "%s: %s", name, reason);
    out.length = 0;
    put(&out, "{\"error\": ");
    put_text(&out, said.text);
    free(said.text);
    longjmp(failed, 1);
}

static void check(rd_kafka_resp_err_t code) {
    if (code)
        fail(rd_kafka_err2name(code), rd_kafka_err2str(code));
}

static void check_error(rd_kafka_error_t *error) {
    if (error != NULL) {
        rd_kafka_resp_err_t code = rd_kafka_error_code(error);
        rd_kafka_error_destroy(error);
        check(code);
    }
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Clients */

static const char *const SETTINGS[][2] = {
    {"acks", "acks"},
    {"compression", "compression.type"},
    {"idempotence", "enable.idempotence"},
    {"linger_ms", "linger.ms"},
    {"batch_bytes", "batch.size"},
    {"max_request_bytes", "message.max.bytes"},
    {"protocol", "group.protocol"},
    {"assignor", "partition.assignment.strategy"},
    {"instance_id", "group.instance.id"},
    {"session_timeout_ms", "session.timeout.ms"},
    {"heartbeat_interval_ms", "heartbeat.interval.ms"},
};

static void set(rd_kafka_conf_t *settings, const char *name, const char *text) {
    char reason[512];
    if (rd_kafka_conf_set(settings, name, text, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        fail("INVALID_CONFIG", reason);
}

static void set_security(rd_kafka_conf_t *settings) {
    const value *encrypted = member(security, "tls"), *sasl = member(security, "sasl");
    if (encrypted == NULL && sasl == NULL)
        return;
    set(settings, "security.protocol", encrypted ? (sasl ? "sasl_ssl" : "ssl") : "sasl_plaintext");
    if (sasl) {
        set(settings, "sasl.mechanism", text_of(sasl, "mechanism"));
        set(settings, "sasl.username", text_of(sasl, "username"));
        set(settings, "sasl.password", text_of(sasl, "password"));
    }
    if (text_of(encrypted, "ca_file"))
        set(settings, "ssl.ca.location", text_of(encrypted, "ca_file"));
}

static rd_kafka_conf_t *common(const value *chosen) {
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    bool remote = text_of(chosen, "protocol") && !strcmp(text_of(chosen, "protocol"), "consumer");
    set(settings, "bootstrap.servers", bootstrap);
    set(settings, "message.max.bytes", "8000000");
    set_security(settings);
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; ++i) {
        const value *found = member(chosen, SETTINGS[i][0]);
        const char *name = SETTINGS[i][1];
        char number[32];
        if (found == NULL)
            continue;
        if (remote && !strcmp(name, "partition.assignment.strategy"))
            name = "group.remote.assignor";
        if (found->kind == NUMBER)
            snprintf(number, sizeof number, "%lld", found->number);
        set(settings, name, found->kind == TEXT ? found->text : found->kind == NUMBER ? number : found->truth ? "true" : "false");
    }
    return settings;
}

static rd_kafka_t *started(rd_kafka_type_t type, rd_kafka_conf_t *settings) {
    char reason[512];
    rd_kafka_t *client = rd_kafka_new(type, settings, reason, sizeof reason);
    if (client == NULL)
        fail("INVALID_CONFIG", reason);
    return client;
}

static rd_kafka_t *administering(void) {
    if (administrator == NULL)
        administrator = started(RD_KAFKA_PRODUCER, common(NULL));
    return administrator;
}

static opened *find(opened *clients, const char *name) {
    opened *found = clients;
    while (found->name != NULL && strcmp(found->name, name))
        ++found;
    if (found == clients + MOST_CLIENTS - 1)
        fail("TOO_MANY", name);
    return found;
}

static void end_consumer(rd_kafka_t *client) {
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
}

/* Administration */

static void metadata(const value *request) {
    const struct rd_kafka_metadata *found;
    (void)request;
    check(rd_kafka_metadata(administering(), 1, NULL, &found, CONNECT_MS));
    put(&out, "{\"brokers\": [");
    for (int i = 0; i < found->broker_cnt; ++i) {
        put(&out, "%s{\"id\": %d, \"port\": %d, \"host\": ", i ? ", " : "", found->brokers[i].id, found->brokers[i].port);
        put_text(&out, found->brokers[i].host);
        put(&out, "}");
    }
    put(&out, "], \"topics\": {");
    for (int i = 0; i < found->topic_cnt; ++i) {
        put(&out, i ? ", " : "");
        put_text(&out, found->topics[i].topic);
        put(&out, ": %d", found->topics[i].partition_cnt);
    }
    put(&out, "}}");
    rd_kafka_metadata_destroy(found);
}

/* The answer to what `ask` asked for; the caller destroys it. */
static rd_kafka_event_t *answered(void (*ask)(rd_kafka_queue_t *, const value *), const value *request) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(administering());
    ask(queue, request);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
    rd_kafka_queue_destroy(queue);
    if (event == NULL)
        fail("TIMED_OUT", "no answer");
    if (rd_kafka_event_error(event))
        fail(rd_kafka_err2name(rd_kafka_event_error(event)), rd_kafka_event_error_string(event));
    return event;
}

static void check_topics(const rd_kafka_topic_result_t **rows, size_t count) {
    for (size_t i = 0; i < count; ++i)
        check(rd_kafka_topic_result_error(rows[i]));
}

static void check_configs(const rd_kafka_ConfigResource_t **rows, size_t count) {
    for (size_t i = 0; i < count; ++i)
        check(rd_kafka_ConfigResource_error(rows[i]));
}

static void ask_create_topic(rd_kafka_queue_t *queue, const value *request) {
    char reason[512];
    int partitions = (int)number_of(request, "partitions", 1), replicas = (int)number_of(request, "replication_factor", 1);
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(text_of(request, "topic"), partitions, replicas, reason, sizeof reason);
    if (topic == NULL)
        fail("INVALID_TOPIC", reason);
    const value *configs = member(request, "configs");
    for (const value *each = configs ? configs->first : NULL; each != NULL; each = each->next)
        check(rd_kafka_NewTopic_set_config(topic, each->name, each->text));
    rd_kafka_CreateTopics(administering(), &topic, 1, NULL, queue);
    rd_kafka_NewTopic_destroy(topic);
}

static void create_topic(const value *request) {
    size_t count;
    rd_kafka_event_t *event = answered(ask_create_topic, request);
    const rd_kafka_topic_result_t **rows = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    check_topics(rows, count);
    rd_kafka_event_destroy(event);
    put(&out, "{}");
}

static void ask_delete_topic(rd_kafka_queue_t *queue, const value *request) {
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(text_of(request, "topic"));
    rd_kafka_DeleteTopics(administering(), &topic, 1, NULL, queue);
    rd_kafka_DeleteTopic_destroy(topic);
}

static void delete_topic(const value *request) {
    size_t count;
    rd_kafka_event_t *event = answered(ask_delete_topic, request);
    const rd_kafka_topic_result_t **rows = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    check_topics(rows, count);
    rd_kafka_event_destroy(event);
    put(&out, "{}");
}

static void ask_add_partitions(rd_kafka_queue_t *queue, const value *request) {
    char reason[512];
    size_t total = (size_t)number_of(request, "count", 0);
    rd_kafka_NewPartitions_t *more = rd_kafka_NewPartitions_new(text_of(request, "topic"), total, reason, sizeof reason);
    if (more == NULL)
        fail("INVALID_PARTITIONS", reason);
    rd_kafka_CreatePartitions(administering(), &more, 1, NULL, queue);
    rd_kafka_NewPartitions_destroy(more);
}

static void add_partitions(const value *request) {
    size_t count;
    rd_kafka_event_t *event = answered(ask_add_partitions, request);
    const rd_kafka_CreatePartitions_result_t *result = rd_kafka_event_CreatePartitions_result(event);
    const rd_kafka_topic_result_t **rows = rd_kafka_CreatePartitions_result_topics(result, &count);
    check_topics(rows, count);
    rd_kafka_event_destroy(event);
    put(&out, "{}");
}

static void ask_topic_config(rd_kafka_queue_t *queue, const value *request) {
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, text_of(request, "topic"));
    rd_kafka_DescribeConfigs(administering(), &resource, 1, NULL, queue);
    rd_kafka_ConfigResource_destroy(resource);
}

static void topic_config(const value *request) {
    size_t resources, count;
    rd_kafka_event_t *event = answered(ask_topic_config, request);
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    const rd_kafka_ConfigResource_t **rows = rd_kafka_DescribeConfigs_result_resources(result, &resources);
    check_configs(rows, resources);
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(rows[0], &count);
    put(&out, "{\"configs\": {");
    for (size_t i = 0; i < count; ++i) {
        const char *text = rd_kafka_ConfigEntry_value(entries[i]);
        put(&out, i ? ", " : "");
        put_text(&out, rd_kafka_ConfigEntry_name(entries[i]));
        put(&out, ": ");
        if (text == NULL)
            put(&out, "null");
        else
            put_text(&out, text);
    }
    put(&out, "}}");
    rd_kafka_event_destroy(event);
}

static void ask_alter_topic_config(rd_kafka_queue_t *queue, const value *request) {
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, text_of(request, "topic"));
    check_error(rd_kafka_ConfigResource_add_incremental_config(
        resource, text_of(request, "name"), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, text_of(request, "value")));
    rd_kafka_IncrementalAlterConfigs(administering(), &resource, 1, NULL, queue);
    rd_kafka_ConfigResource_destroy(resource);
}

static void alter_topic_config(const value *request) {
    size_t count;
    rd_kafka_event_t *event = answered(ask_alter_topic_config, request);
    const rd_kafka_IncrementalAlterConfigs_result_t *result = rd_kafka_event_IncrementalAlterConfigs_result(event);
    const rd_kafka_ConfigResource_t **rows = rd_kafka_IncrementalAlterConfigs_result_resources(result, &count);
    check_configs(rows, count);
    rd_kafka_event_destroy(event);
    put(&out, "{}");
}

static void ask_list_groups(rd_kafka_queue_t *queue, const value *request) {
    (void)request;
    rd_kafka_ListConsumerGroups(administering(), NULL, queue);
}

static void list_groups(const value *request) {
    size_t count;
    rd_kafka_event_t *event = answered(ask_list_groups, request);
    const rd_kafka_ListConsumerGroups_result_t *result = rd_kafka_event_ListConsumerGroups_result(event);
    const rd_kafka_ConsumerGroupListing_t **rows = rd_kafka_ListConsumerGroups_result_valid(result, &count);
    put(&out, "{\"groups\": [");
    for (size_t i = 0; i < count; ++i) {
        put(&out, i ? ", " : "");
        put_text(&out, rd_kafka_ConsumerGroupListing_group_id(rows[i]));
    }
    put(&out, "]}");
    rd_kafka_event_destroy(event);
}

static void ask_delete_group(rd_kafka_queue_t *queue, const value *request) {
    rd_kafka_DeleteGroup_t *group = rd_kafka_DeleteGroup_new(text_of(request, "group"));
    rd_kafka_DeleteGroups(administering(), &group, 1, NULL, queue);
    rd_kafka_DeleteGroup_destroy(group);
}

static void delete_group(const value *request) {
    size_t count;
    rd_kafka_event_t *event = answered(ask_delete_group, request);
    const rd_kafka_group_result_t **rows = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count);
    for (size_t i = 0; i < count; ++i)
        check(rd_kafka_error_code(rd_kafka_group_result_error(rows[i])));
    rd_kafka_event_destroy(event);
    put(&out, "{}");
}

/* Producing */

typedef struct {
    bool done;
    rd_kafka_resp_err_t code;
    int32_t partition;
    int64_t offset;
} position;

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *unused) {
    position *own = message->_private;
    (void)client;
    (void)unused;
    *own = (position){true, message->err, message->partition, message->offset};
}

static rd_kafka_headers_t *headers_of(const value *record) {
    const value *rows = member(record, "headers");
    if (rows == NULL || rows->first == NULL)
        return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
    for (const value *each = rows->first; each != NULL; each = each->next) {
        bytes content = decoded(each->first->next);
        rd_kafka_header_add(headers, each->first->text, -1, content.data, (ssize_t)content.length);
        free(content.data);
    }
    return headers;
}

static void produce_one(rd_kafka_t *client, const char *topic, const value *record, position *own) {
    bytes key = decoded(member(record, "key")), content = decoded(member(record, "value"));
    rd_kafka_headers_t *headers = headers_of(record);
    rd_kafka_resp_err_t code;
    while ((code = rd_kafka_producev(
                client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                RD_KAFKA_V_PARTITION((int32_t)number_of(record, "partition", RD_KAFKA_PARTITION_UA)),
                RD_KAFKA_V_KEY(key.data, key.length), RD_KAFKA_V_VALUE(content.data, content.length),
                RD_KAFKA_V_TIMESTAMP(number_of(record, "timestamp", 0)), RD_KAFKA_V_HEADERS(headers),
                RD_KAFKA_V_OPAQUE(own), RD_KAFKA_V_END)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(client, POLL_MS);
    free(key.data);
    free(content.data);
    if (code && headers != NULL)
        rd_kafka_headers_destroy(headers);
    if (code)
        *own = (position){true, code, -1, -1};
}

static void send_all(rd_kafka_t *client, const value *request) {
    const value *records = member(request, "records");
    size_t count = 0, at = 0;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (const value *each = records->first; each != NULL; each = each->next)
        ++count;
    position *positions = calloc(count + 1, sizeof *positions);
    for (const value *each = records->first; each != NULL; each = each->next) {
        produce_one(client, text_of(request, "topic"), each, positions + at++);
        rd_kafka_poll(client, 0);
    }
    rd_kafka_flush(client, WAIT_MS);
    put(&out, "{\"positions\": [");
    for (at = 0; at < count; ++at) {
        if (positions[at].code || !positions[at].done)
            code = positions[at].done ? positions[at].code : RD_KAFKA_RESP_ERR__TIMED_OUT;
        put(&out, "%s[%d, ", at ? ", " : "", positions[at].partition);
        if (positions[at].offset < 0)
            put(&out, "null]");
        else
            put(&out, "%lld]", (long long)positions[at].offset);
    }
    put(&out, "]}");
    if (code != RD_KAFKA_RESP_ERR__TIMED_OUT)
        free(positions); /* else deliveries may still come */
    check(code);
}

static void produce(const value *request) {
    buffer name = {NULL, 0, 0};
    const value *chosen = member(request, "settings");
    put(&name, "producer");
    for (const value *each = chosen ? chosen->first : NULL; each != NULL; each = each->next)
        put(&name, " %s=%s%lld%d", each->name, each->text ? each->text : "", each->number, each->truth);
    opened *producer = find(producers, name.text);
    if (producer->name == NULL) {
        rd_kafka_conf_t *settings = common(chosen);
        rd_kafka_conf_set_dr_msg_cb(settings, delivered);
        producer->client = started(RD_KAFKA_PRODUCER, settings);
        producer->name = name.text;
    } else {
        free(name.text);
    }
    send_all(producer->client, request);
}

static void transaction(const value *request) {
    const char *id = text_of(request, "transactional_id");
    opened *producer = find(producers, id);
    if (producer->name == NULL) {
        rd_kafka_conf_t *settings = common(member(request, "settings"));
        rd_kafka_conf_set_dr_msg_cb(settings, delivered);
        set(settings, "transactional.id", id);
        rd_kafka_t *client = started(RD_KAFKA_PRODUCER, settings);
        rd_kafka_error_t *error = rd_kafka_init_transactions(client, WAIT_MS);
        if (error != NULL)
            rd_kafka_destroy(client);
        check_error(error);
        producer->client = client;
        producer->name = strdup(id);
    }
    check_error(rd_kafka_begin_transaction(producer->client));
    send_all(producer->client, request);
    if (member(request, "commit")->truth)
        check_error(rd_kafka_commit_transaction(producer->client, WAIT_MS));
    else
        check_error(rd_kafka_abort_transaction(producer->client, WAIT_MS));
}

/* Consuming */

static void put_headers(const rd_kafka_message_t *message) {
    rd_kafka_headers_t *headers;
    const char *name;
    const void *content;
    size_t size;
    put(&out, "[");
    if (!rd_kafka_message_headers(message, &headers))
        for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &content, &size); ++i) {
            put(&out, i ? ", [" : "[");
            put_text(&out, name);
            put(&out, ", ");
            put_bytes(&out, content, size);
            put(&out, "]");
        }
    put(&out, "]");
}

static void put_record(const rd_kafka_message_t *message) {
    rd_kafka_timestamp_type_t kind;
    long long timestamp = (long long)rd_kafka_message_timestamp(message, &kind);
    put(&out, "{\"topic\": ");
    put_text(&out, rd_kafka_topic_name(message->rkt));
    put(&out, ", \"partition\": %d, \"offset\": %lld, \"timestamp\": ", message->partition, (long long)message->offset);
    if (kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        put(&out, "null");
    else
        put(&out, "%lld", timestamp);
    put(&out, ", \"key\": ");
    put_bytes(&out, message->key, message->key_len);
    put(&out, ", \"value\": ");
    put_bytes(&out, message->payload, message->len);
    put(&out, ", \"headers\": ");
    put_headers(message);
    put(&out, "}");
}

static rd_kafka_resp_err_t read_records(rd_kafka_t *client, const value *request) {
    long long count = number_of(request, "count", 0), deadline_ms = now_ms() + number_of(request, "within_ms", 0), read = 0;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    put(&out, "{\"records\": [");
    while (!code && read < count && now_ms() < deadline_ms) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, POLL_MS);
        if (message == NULL)
            continue;
        code = message->err;
        if (!code) {
            put(&out, read++ ? ", " : "");
            put_record(message);
        }
        rd_kafka_message_destroy(message);
    }
    put(&out, "]");
    return code;
}

static rd_kafka_t *new_reader(const char *isolation) {
    rd_kafka_conf_t *settings = common(NULL);
    set(settings, "group.id", "unused");
    set(settings, "enable.auto.commit", "false");
    set(settings, "isolation.level", isolation);
    set(settings, "auto.offset.reset", "earliest");
    rd_kafka_t *client = started(RD_KAFKA_CONSUMER, settings);
    rd_kafka_poll_set_consumer(client);
    return client;
}

static void consume(const value *request) {
    const value *start = member(request, "start");
    int64_t offset = start->kind == NUMBER                 ? start->number
                     : !strcmp(start->text, "beginning") ? RD_KAFKA_OFFSET_BEGINNING
                                                           : RD_KAFKA_OFFSET_END;
    rd_kafka_t *client = new_reader(text_of(request, "isolation"));
    rd_kafka_topic_partition_list_t *places = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(places, text_of(request, "topic"), (int)number_of(request, "partition", 0))->offset = offset;
    rd_kafka_resp_err_t code = rd_kafka_assign(client, places);
    rd_kafka_topic_partition_list_destroy(places);
    if (!code)
        code = read_records(client, request);
    put(&out, "}");
    end_consumer(client);
    check(code);
}

static void offsets(const value *request) {
    int64_t beginning = 0, end = 0;
    const char *topic = text_of(request, "topic");
    int partition = (int)number_of(request, "partition", 0);
    rd_kafka_t *client = new_reader("read_uncommitted");
    rd_kafka_topic_partition_list_t *places = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(places, topic, partition)->offset = number_of(request, "timestamp", 0);
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client, topic, partition, &beginning, &end, WAIT_MS);
    if (!code)
        code = rd_kafka_offsets_for_times(client, places, WAIT_MS);
    if (!code)
        code = places->elems[0].err;
    put(&out, "{\"beginning\": %lld, \"end\": %lld, \"at_timestamp\": ", (long long)beginning, (long long)end);
    if (places->elems[0].offset < 0)
        put(&out, "null}");
    else
        put(&out, "%lld}", (long long)places->elems[0].offset);
    rd_kafka_topic_partition_list_destroy(places);
    end_consumer(client);
    check(code);
}

static void open_consumer(const value *request) {
    const value *topics = member(request, "topics");
    opened *consumer = find(consumers, text_of(request, "consumer"));
    rd_kafka_conf_t *settings = common(member(request, "settings"));
    set(settings, "group.id", text_of(request, "group"));
    set(settings, "enable.auto.commit", "false");
    set(settings, "auto.offset.reset", "earliest");
    consumer->client = started(RD_KAFKA_CONSUMER, settings);
    consumer->name = strdup(text_of(request, "consumer"));
    rd_kafka_poll_set_consumer(consumer->client);
    rd_kafka_topic_partition_list_t *wanted = rd_kafka_topic_partition_list_new(1);
    for (const value *each = topics->first; each != NULL; each = each->next)
        rd_kafka_topic_partition_list_add(wanted, each->text, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->client, wanted);
    rd_kafka_topic_partition_list_destroy(wanted);
    check(code);
    put(&out, "{}");
}

static void poll_consumer(const value *request) {
    rd_kafka_t *client = find(consumers, text_of(request, "consumer"))->client;
    rd_kafka_topic_partition_list_t *assigned;
    check(read_records(client, request));
    check(rd_kafka_assignment(client, &assigned));
    put(&out, ", \"assignment\": [");
    for (int i = 0; i < assigned->cnt; ++i) {
        put(&out, i ? ", [" : "[");
        put_text(&out, assigned->elems[i].topic);
        put(&out, ", %d]", assigned->elems[i].partition);
    }
    put(&out, "]}");
    rd_kafka_topic_partition_list_destroy(assigned);
}

static void commit(const value *request) {
    check(rd_kafka_commit(find(consumers, text_of(request, "consumer"))->client, NULL, 0));
    put(&out, "{}");
}

static void seek_consumer(const value *request) {
    rd_kafka_t *client = find(consumers, text_of(request, "consumer"))->client;
    rd_kafka_topic_partition_list_t *places = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(places, text_of(request, "topic"), (int)number_of(request, "partition", 0))->offset =
        number_of(request, "offset", 0);
    rd_kafka_error_t *error = rd_kafka_seek_partitions(client, places, WAIT_MS);
    rd_kafka_topic_partition_list_destroy(places);
    check_error(error);
    put(&out, "{}");
}

static void close_consumer(const value *request) {
    opened *closed = find(consumers, text_of(request, "consumer")), *last = closed;
    end_consumer(closed->client);
    free(closed->name);
    while (last[1].name != NULL)
        ++last;
    *closed = *last;
    last->name = NULL;
    put(&out, "{}");
}

static const struct {
    const char *name;
    void (*carry_out)(const value *request);
} REQUESTS[] = {
    {"metadata", metadata},
    {"create_topic", create_topic},
    {"delete_topic", delete_topic},
    {"add_partitions", add_partitions},
    {"topic_config", topic_config},
    {"alter_topic_config", alter_topic_config},
    {"list_groups", list_groups},
    {"delete_group", delete_group},
    {"produce", produce},
    {"transaction", transaction},
    {"consume", consume},
    {"offsets", offsets},
    {"open", open_consumer},
    {"poll", poll_consumer},
    {"commit", commit},
    {"seek", seek_consumer},
    {"close", close_consumer},
};

static void answer(const value *request) {
    const char *asked = text_of(request, "do");
    out.length = 0;
    put(&out, "{\"ok\": ");
    if (setjmp(failed) == 0) {
        size_t at = 0;
        while (at < sizeof REQUESTS / sizeof *REQUESTS && strcmp(REQUESTS[at].name, asked))
            ++at;
        if (at == sizeof REQUESTS / sizeof *REQUESTS)
            fail("UNKNOWN", asked);
        REQUESTS[at].carry_out(request);
    }
    put(&out, "}");
    puts(out.text);
    fflush(stdout);
}

int main(int count, char **arguments) {
    char *line = NULL;
    size_t room = 0;
    bootstrap = arguments[count - 1];
    security = parse_line(getenv("CLIENT_SECURITY") ? getenv("CLIENT_SECURITY") : "{}");
    while (getline(&line, &room, stdin) > 0) {
        value *request = parse_line(line);
        answer(request);
        free_value(request);
    }
    for (opened *each = consumers; each->name != NULL; ++each)
        end_consumer(each->client);
    for (opened *each = producers; each->name != NULL; ++each)
        rd_kafka_destroy(each->client);
    if (administrator != NULL)
        rd_kafka_destroy(administrator);
    free_value(security);
    free(line);
    free(out.text);
    return 0;
}
