//! krafka as a driver: see ../../../DRIVERS.md.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use krafka::admin::*;
use krafka::auth::{AuthConfig, TlsConfig};
use krafka::consumer::{
    AutoOffsetReset, Consumer, ConsumerBuilder, ConsumerRecord, GroupProtocol, IsolationLevel, PartitionAssignmentStrategy,
};
use krafka::producer::{Acks, Producer, ProducerBuilder, Record};
use krafka::{Compression, Kafka, KrafkaError};
use lines::{data, number, word};
use serde_json::{json, Map, Value};

type Answer = Result<Value, KrafkaError>;

struct Driver {
    bootstrap: String,
    kafka: Option<Kafka>,
    producers: HashMap<String, Producer>,
    members: HashMap<String, Consumer>,
}

fn told(record: &ConsumerRecord) -> Value {
    let headers = record.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref()));
    let place = (&*record.topic, record.partition, record.offset);
    lines::record(place, Some(record.timestamp), record.key.as_deref(), record.value.as_deref(), headers)
}

fn sent(topic: &str, asked: &Value) -> Record {
    let mut record = Record::new(topic, data(&asked["value"]).unwrap_or_default());
    if asked["value"].is_null() {
        record = record.without_value();
    }
    if let Some(key) = data(&asked["key"]) {
        record = record.key(key);
    }
    if let Some(partition) = asked["partition"].as_i64() {
        record = record.partition(partition as i32);
    }
    if let Some(timestamp) = asked["timestamp"].as_i64() {
        record = record.timestamp(timestamp);
    }
    for (name, value) in lines::headers(asked) {
        record = match value {
            Some(value) => record.header(name, value),
            None => record.null_header(name),
        };
    }
    record
}

/// Positions of the records, once they are all delivered.
macro_rules! positions {
    ($producer:expr, $request:expr) => {{
        let mut handles = Vec::new();
        for each in $request["records"].as_array().expect("records") {
            handles.push($producer.enqueue(sent(word($request, "topic"), each)).await?);
        }
        let mut positions = Vec::new();
        for handle in handles {
            let done = handle.await?;
            let offset = if done.is_success() { json!(done.offset) } else { Value::Null };
            positions.push(json!([done.partition, offset]));
        }
        positions
    }};
}

fn milliseconds(settings: &Value, name: &str) -> Option<Duration> {
    settings[name].as_u64().map(Duration::from_millis)
}

/// Fails where any of the operations did.
fn all<K, T>(outcomes: HashMap<K, Result<T, KrafkaError>>) -> Result<Vec<T>, KrafkaError> {
    outcomes.into_values().collect()
}

/// What comes until there is enough or the time is over. The consumer hands out one record at a time.
async fn read(consumer: &Consumer, request: &Value) -> Result<Vec<Value>, KrafkaError> {
    let count = number(request, "count") as usize;
    let deadline = Instant::now() + Duration::from_millis(number(request, "within_ms") as u64);
    let mut rows = Vec::new();
    while rows.len() < count && Instant::now() < deadline {
        rows.extend(consumer.poll(deadline - Instant::now()).await?.iter().map(told));
    }
    Ok(rows)
}

fn security() -> Option<AuthConfig> {
    let security = lines::security();
    let tls = security["tls"].as_object().map(|tls| match tls.get("ca_file").and_then(Value::as_str) {
        Some(file) => TlsConfig::new().with_ca_cert(file),
        None => TlsConfig::new(),
    });
    let sasl = &security["sasl"];
    if sasl.is_null() {
        return tls.map(AuthConfig::ssl);
    }
    let (name, password) = (word(sasl, "username"), word(sasl, "password"));
    let made = match word(sasl, "mechanism") {
        "SCRAM-SHA-256" => AuthConfig::sasl_scram_sha256(name, password),
        "SCRAM-SHA-512" => AuthConfig::sasl_scram_sha512(name, password),
        _ => AuthConfig::sasl_plain(name, password),
    };
    Some(match tls {
        Some(tls) => made.with_tls(tls),
        None => made,
    })
}

impl Driver {
    async fn kafka(&mut self) -> Result<&Kafka, KrafkaError> {
        if self.kafka.is_none() {
            let mut builder = Kafka::builder(&self.bootstrap).metadata_max_age(Duration::from_secs(1));
            if let Some(security) = security() {
                builder = builder.security(security);
            }
            self.kafka = Some(builder.connect().await?);
        }
        Ok(self.kafka.as_ref().expect("made above"))
    }

    async fn answer(&mut self, request: &Value) -> Option<Answer> {
        Some(match word(request, "do") {
            "metadata" => self.metadata().await,
            "produce" => self.produce(request).await,
            "transaction" => self.transaction(request).await,
            "consume" => self.consume(request).await,
            "offsets" => self.offsets(request).await,
            "open" => self.open(request).await,
            "poll" => self.poll(request).await,
            "commit" => self.member(request).commit().await.map(|()| json!({})),
            "seek" => {
                let (partition, offset) = (number(request, "partition") as i32, number(request, "offset"));
                self.member(request).seek(word(request, "topic"), partition, offset).await.map(|()| json!({}))
            }
            "close" => {
                let member = self.members.remove(word(request, "consumer")).expect("opened before");
                member.close().await.map(|()| json!({}))
            }
            "create_topic" | "add_partitions" | "topic_config" | "alter_topic_config" | "delete_topic" | "list_groups" | "delete_group" => {
                self.administer(request).await
            }
            _ => return None,
        })
    }

    async fn metadata(&mut self) -> Answer {
        let admin = self.kafka().await?.admin();
        let brokers = admin.describe_cluster(DescribeClusterOptions::default()).await?.brokers;
        let brokers: Vec<Value> = brokers.iter().map(|each| json!({"id": each.id, "host": each.host, "port": each.port})).collect();
        let names = admin.list_topics(ListTopicsOptions::default()).await?;
        let found = admin.describe_topics(names, DescribeTopicsOptions::default()).await?;
        let topics: Map<String, Value> =
            found.into_values().flatten().map(|each| (each.name, each.partitions.len().into())).collect();
        Ok(json!({"brokers": brokers, "topics": topics}))
    }

    async fn administer(&mut self, request: &Value) -> Answer {
        let admin = self.kafka().await?.admin();
        let topic = request["topic"].as_str().unwrap_or_default();
        match word(request, "do") {
            "create_topic" => {
                let (partitions, replicas) = (number(request, "partitions") as i32, number(request, "replication_factor") as i16);
                let mut new = NewTopic::new(topic, partitions, replicas)?;
                for (name, value) in request["configs"].as_object().expect("configs") {
                    new = new.with_config(name, value.as_str().expect("text"));
                }
                all(admin.create_topics([new], CreateTopicsOptions::default()).await?)?;
            }
            "add_partitions" => {
                let total = (topic, number(request, "count") as i32);
                all(admin.create_partitions([total], CreatePartitionsOptions::default()).await?)?;
            }
            "topic_config" => {
                let found = all(admin.describe_configs([ConfigResource::topic(topic)], DescribeConfigsOptions::default()).await?)?;
                let configs: Map<String, Value> =
                    found.into_iter().flatten().map(|each| (each.name, each.value.into())).collect();
                return Ok(json!({"configs": configs}));
            }
            "alter_topic_config" => {
                let change = (ConfigResource::topic(topic), vec![ConfigOp::set(word(request, "name"), word(request, "value"))]);
                all(admin.incremental_alter_configs([change], IncrementalAlterConfigsOptions::default()).await?)?;
            }
            "delete_topic" => {
                all(admin.delete_topics([topic], DeleteTopicsOptions::default()).await?)?;
            }
            "list_groups" => {
                let found = all(admin.list_consumer_groups(ListConsumerGroupsOptions::default()).await?)?;
                return Ok(json!({"groups": found.into_iter().flatten().map(|each| each.group_id).collect::<Vec<_>>()}));
            }
            _ => {
                let group = word(request, "group");
                all(admin.delete_consumer_groups([group], DeleteConsumerGroupsOptions::default()).await?)?;
            }
        }
        Ok(json!({}))
    }

    async fn producer(&mut self, settings: &Value) -> Result<ProducerBuilder, KrafkaError> {
        let mut builder = self.kafka().await?.producer();
        builder = match settings["acks"].as_str() {
            Some("0") => builder.acks(Acks::None).idempotent(false),
            Some("1") => builder.acks(Acks::Leader).idempotent(false),
            Some(_) => builder.acks(Acks::All),
            None => builder,
        };
        if let Some(wanted) = settings["idempotence"].as_bool() {
            builder = builder.idempotent(wanted);
        }
        builder = match settings["compression"].as_str() {
            Some("gzip") => builder.compression(Compression::Gzip),
            Some("snappy") => builder.compression(Compression::Snappy),
            Some("lz4") => builder.compression(Compression::Lz4),
            Some("zstd") => builder.compression(Compression::Zstd),
            _ => builder,
        };
        if let Some(linger) = milliseconds(settings, "linger_ms") {
            builder = builder.linger(linger);
        }
        if let Some(bytes) = settings["batch_bytes"].as_u64() {
            builder = builder.batch_size(bytes as usize);
        }
        if let Some(bytes) = settings["max_request_bytes"].as_u64() {
            builder = builder.max_request_size(bytes as usize);
        }
        Ok(builder)
    }

    async fn produce(&mut self, request: &Value) -> Answer {
        let key = request["settings"].to_string();
        if !self.producers.contains_key(&key) {
            let made = self.producer(&request["settings"]).await?.build().await?;
            self.producers.insert(key.clone(), made);
        }
        Ok(json!({"positions": positions!(self.producers[&key], request)}))
    }

    async fn transaction(&mut self, request: &Value) -> Answer {
        let builder = self.producer(&request["settings"]).await?;
        let producer = builder.build_transactional(word(request, "transactional_id")).await?;
        producer.begin()?;
        let positions = positions!(producer, request);
        if request["commit"] == true {
            producer.commit().await?;
        } else {
            producer.abort().await?;
        }
        producer.close().await?;
        Ok(json!({"positions": positions}))
    }

    async fn consume(&mut self, request: &Value) -> Answer {
        let isolation = match word(request, "isolation") {
            "read_committed" => IsolationLevel::ReadCommitted,
            _ => IsolationLevel::ReadUncommitted,
        };
        let consumer = reading(self.kafka().await?.consumer_without_group()).isolation_level(isolation).build().await?;
        let (topic, partition) = (word(request, "topic"), number(request, "partition") as i32);
        consumer.assign(topic, vec![partition]).await?;
        match request["start"].as_str() {
            Some("beginning") => consumer.seek_to_beginning(topic, partition).await?,
            Some(_) => consumer.seek_to_end(topic, partition).await?,
            None => consumer.seek(topic, partition, number(request, "start")).await?,
        }
        let rows = read(&consumer, request).await?;
        consumer.close().await?;
        Ok(json!({"records": rows}))
    }

    async fn offsets(&mut self, request: &Value) -> Answer {
        let (topic, partition) = (word(request, "topic"), number(request, "partition") as i32);
        let consumer = self.kafka().await?.consumer_without_group().build().await?;
        let (beginning, end) = consumer.fetch_watermarks(topic, partition).await?;
        let found = consumer.offsets_for_times(&[(topic, partition)], number(request, "timestamp")).await;
        consumer.close().await?;
        let at = all(found)?[0];
        Ok(json!({"beginning": beginning, "end": end, "at_timestamp": if at < 0 { Value::Null } else { at.into() }}))
    }

    async fn open(&mut self, request: &Value) -> Answer {
        let settings = &request["settings"];
        let mut builder = reading(self.kafka().await?.consumer(word(request, "group"))).enable_auto_commit(false);
        if settings["protocol"] == "consumer" {
            builder = builder.group_protocol(GroupProtocol::Consumer);
            if let Some(name) = settings["assignor"].as_str() {
                builder = builder.group_remote_assignor(name);
            }
        } else if let Some(name) = settings["assignor"].as_str() {
            let assignor = PartitionAssignmentStrategy::from_protocol_name(name).expect("an assignor it has");
            builder = builder.partition_assignment_strategy(assignor);
        }
        if let Some(id) = settings["instance_id"].as_str() {
            builder = builder.group_instance_id(id);
        }
        if let Some(timeout) = milliseconds(settings, "session_timeout_ms") {
            builder = builder.session_timeout(timeout);
        }
        if let Some(interval) = milliseconds(settings, "heartbeat_interval_ms") {
            builder = builder.heartbeat_interval(interval);
        }
        let consumer = builder.build().await?;
        let topics = request["topics"].as_array().expect("topics").iter().map(|each| each.as_str().expect("text"));
        consumer.subscribe(topics).await?;
        self.members.insert(word(request, "consumer").to_owned(), consumer);
        Ok(json!({}))
    }

    fn member(&self, request: &Value) -> &Consumer {
        &self.members[word(request, "consumer")]
    }

    async fn poll(&mut self, request: &Value) -> Answer {
        let member = self.member(request);
        let records = read(member, request).await?;
        let assigned = member.assignment().await;
        let places: Vec<_> = assigned.iter().flat_map(|(topic, all)| all.iter().map(move |index| (topic, index))).collect();
        Ok(json!({"records": records, "assignment": places}))
    }

    async fn stop(&mut self) -> Result<(), KrafkaError> {
        for member in self.members.values() {
            member.close().await?;
        }
        for producer in self.producers.values() {
            producer.close().await?;
        }
        Ok(())
    }
}

fn reading(builder: ConsumerBuilder) -> ConsumerBuilder {
    builder.auto_offset_reset(AutoOffsetReset::Earliest).max_poll_records(1)
}

fn main() {
    let mut driver = Driver { bootstrap: lines::bootstrap(), kafka: None, producers: HashMap::new(), members: HashMap::new() };
    // members send heartbeats while nothing is asked
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    lines::serve(|request| runtime.block_on(driver.answer(request)));
    runtime.block_on(driver.stop()).expect("closed");
}
