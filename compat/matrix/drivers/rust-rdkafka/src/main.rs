//! rdkafka as a driver: see ../../../DRIVERS.md.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use lines::{data, number, word};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{json, Map, Value};

const WAIT: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(15);

type Answer = Result<Value, KafkaError>;

struct Member {
    consumer: BaseConsumer,
    positions: HashMap<(String, i32), i64>,
}

struct Driver {
    common: ClientConfig,
    admin: Option<AdminClient<DefaultClientContext>>,
    reader: Option<BaseConsumer>,
    producers: HashMap<String, FutureProducer>,
    members: HashMap<String, Member>,
}

fn told(message: &BorrowedMessage) -> Value {
    let headers = message.headers().into_iter().flat_map(|all| all.iter()).map(|each| (each.key, each.value));
    let place = (message.topic(), message.partition(), message.offset());
    lines::record(place, message.timestamp().to_millis(), message.key(), message.payload(), headers)
}

/// Fails where the operation on any of the resources did.
fn each<T, E: Into<RDKafkaErrorCode>>(outcomes: Vec<Result<T, (String, E)>>) -> Answer {
    for outcome in outcomes {
        outcome.map_err(|(_, code)| KafkaError::AdminOp(code.into()))?;
    }
    Ok(json!({}))
}

impl Driver {
    fn new(bootstrap: &str) -> Driver {
        let mut common = ClientConfig::new();
        common.set("bootstrap.servers", bootstrap);
        let security = lines::security();
        let encrypted = !security["tls"].is_null();
        if let Some(sasl) = security["sasl"].as_object() {
            common.set("security.protocol", if encrypted { "sasl_ssl" } else { "sasl_plaintext" });
            common.set("sasl.mechanism", sasl["mechanism"].as_str().expect("mechanism"));
            common.set("sasl.username", sasl["username"].as_str().expect("username"));
            common.set("sasl.password", sasl["password"].as_str().expect("password"));
        } else if encrypted {
            common.set("security.protocol", "ssl");
        }
        if let Some(file) = security["tls"]["ca_file"].as_str() {
            common.set("ssl.ca.location", file);
        }
        Driver { common, admin: None, reader: None, producers: HashMap::new(), members: HashMap::new() }
    }

    fn answer(&mut self, request: &Value) -> Option<Answer> {
        Some(match word(request, "do") {
            "metadata" => self.metadata(),
            "produce" => self.produce(request),
            "transaction" => self.transaction(request),
            "consume" => self.consume(request),
            "offsets" => self.offsets(request),
            "open" => self.open(request),
            "poll" => self.poll(request),
            "commit" => self.commit(request),
            "seek" => self.seek(request),
            "close" => {
                self.members.remove(word(request, "consumer"));
                Ok(json!({}))
            }
            "list_groups" => self.list_groups(),
            _ => return self.administer(request),
        })
    }

    fn reader(&mut self) -> Result<&BaseConsumer, KafkaError> {
        if self.reader.is_none() {
            self.reader = Some(self.common.clone().set("group.id", "unused").create()?);
        }
        Ok(self.reader.as_ref().expect("made above"))
    }

    fn metadata(&mut self) -> Answer {
        let found = self.reader()?.fetch_metadata(None, CONNECT)?;
        let brokers: Vec<Value> =
            found.brokers().iter().map(|each| json!({"id": each.id(), "host": each.host(), "port": each.port()})).collect();
        let topics: Map<String, Value> =
            found.topics().iter().map(|each| (each.name().to_owned(), each.partitions().len().into())).collect();
        Ok(json!({"brokers": brokers, "topics": topics}))
    }

    fn list_groups(&mut self) -> Answer {
        let found = self.reader()?.fetch_group_list(None, WAIT)?;
        Ok(json!({"groups": found.groups().iter().map(|each| each.name()).collect::<Vec<_>>()}))
    }

    fn administer(&mut self, request: &Value) -> Option<Answer> {
        let wanted = word(request, "do");
        if !["create_topic", "add_partitions", "topic_config", "alter_topic_config", "delete_topic", "delete_group"].contains(&wanted) {
            return None;
        }
        Some(self.administered(wanted, request))
    }

    fn administered(&mut self, wanted: &str, request: &Value) -> Answer {
        if self.admin.is_none() {
            self.admin = Some(self.common.create()?);
        }
        let admin = self.admin.as_ref().expect("made above");
        let options = AdminOptions::new().operation_timeout(Some(WAIT));
        if wanted == "delete_group" {
            return each(block_on(admin.delete_groups(&[word(request, "group")], &options))?);
        }
        let topic = word(request, "topic");
        match wanted {
            "create_topic" => {
                let replication = TopicReplication::Fixed(number(request, "replication_factor") as i32);
                let mut new = NewTopic::new(topic, number(request, "partitions") as i32, replication);
                for (name, value) in request["configs"].as_object().expect("configs") {
                    new = new.set(name, value.as_str().expect("text"));
                }
                each(block_on(admin.create_topics([&new], &options))?)
            }
            "add_partitions" => {
                let more = NewPartitions::new(topic, number(request, "count") as usize);
                each(block_on(admin.create_partitions([&more], &options))?)
            }
            "topic_config" => {
                let mut configs = Map::new();
                for found in block_on(admin.describe_configs([&ResourceSpecifier::Topic(topic)], &options))? {
                    for entry in found.map_err(KafkaError::AdminOp)?.entries {
                        configs.insert(entry.name, entry.value.into());
                    }
                }
                Ok(json!({"configs": configs}))
            }
            "alter_topic_config" => {
                let change = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(word(request, "name"), word(request, "value"));
                for found in block_on(admin.alter_configs([&change], &options))? {
                    found.map_err(|(_, code)| KafkaError::AdminOp(code))?;
                }
                Ok(json!({}))
            }
            _ => each(block_on(admin.delete_topics(&[topic], &options))?),
        }
    }

    fn new_producer(&self, settings: &Value, transactional_id: Option<&str>) -> Result<FutureProducer, KafkaError> {
        let mut config = self.common.clone();
        for (ours, theirs) in [
            ("acks", "acks"),
            ("compression", "compression.type"),
            ("linger_ms", "linger.ms"),
            ("batch_bytes", "batch.size"),
            ("max_request_bytes", "message.max.bytes"),
        ] {
            match &settings[ours] {
                Value::Null => {}
                Value::String(value) => drop(config.set(theirs, value)),
                value => drop(config.set(theirs, value.to_string())),
            }
        }
        if settings["idempotence"] == true {
            config.set("enable.idempotence", "true");
        }
        if let Some(id) = transactional_id {
            config.set("transactional.id", id);
        }
        config.create()
    }

    fn produce(&mut self, request: &Value) -> Answer {
        let key = request["settings"].to_string();
        if !self.producers.contains_key(&key) {
            self.producers.insert(key.clone(), self.new_producer(&request["settings"], None)?);
        }
        Ok(json!({"positions": send(&self.producers[&key], request)?}))
    }

    fn transaction(&mut self, request: &Value) -> Answer {
        let producer = self.new_producer(&request["settings"], Some(word(request, "transactional_id")))?;
        producer.init_transactions(WAIT)?;
        producer.begin_transaction()?;
        let positions = send(&producer, request)?;
        if request["commit"] == true {
            producer.commit_transaction(WAIT)?;
        } else {
            producer.abort_transaction(WAIT)?;
        }
        Ok(json!({"positions": positions}))
    }

    fn consume(&mut self, request: &Value) -> Answer {
        let consumer: BaseConsumer = self
            .common
            .clone()
            .set("group.id", "unused")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", word(request, "isolation"))
            .create()?;
        let start = match request["start"].as_str() {
            Some("beginning") => Offset::Beginning,
            Some(_) => Offset::End,
            None => Offset::Offset(number(request, "start")),
        };
        let mut places = TopicPartitionList::new();
        places.add_partition_offset(word(request, "topic"), number(request, "partition") as i32, start)?;
        consumer.assign(&places)?;
        Ok(json!({"records": read(&consumer, request, |_| ())?}))
    }

    fn offsets(&mut self, request: &Value) -> Answer {
        let (topic, partition) = (word(request, "topic").to_owned(), number(request, "partition") as i32);
        let timestamp = number(request, "timestamp");
        let reader = self.reader()?;
        let (beginning, end) = reader.fetch_watermarks(&topic, partition, WAIT)?;
        let mut asked = TopicPartitionList::new();
        asked.add_partition_offset(&topic, partition, Offset::Offset(timestamp))?;
        let found = reader.offsets_for_times(asked, WAIT)?;
        let at = match found.find_partition(&topic, partition).expect("asked for").offset() {
            Offset::Offset(offset) => json!(offset),
            _ => Value::Null,
        };
        Ok(json!({"beginning": beginning, "end": end, "at_timestamp": at}))
    }

    fn open(&mut self, request: &Value) -> Answer {
        let mut config = self.common.clone();
        config.set("group.id", word(request, "group")).set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
        let settings = &request["settings"];
        let new = settings["protocol"] == "consumer";
        if new {
            config.set("group.protocol", "consumer");
        }
        if let Some(name) = settings["assignor"].as_str() {
            config.set(if new { "group.remote.assignor" } else { "partition.assignment.strategy" }, name);
        }
        if let Some(id) = settings["instance_id"].as_str() {
            config.set("group.instance.id", id);
        }
        for name in ["session_timeout_ms", "heartbeat_interval_ms"] {
            if let (Some(value), false) = (settings[name].as_i64(), new) {
                config.set(name.replace('_', "."), value.to_string());
            }
        }
        let consumer: BaseConsumer = config.create()?;
        let topics: Vec<&str> = request["topics"].as_array().expect("topics").iter().map(|each| each.as_str().expect("text")).collect();
        consumer.subscribe(&topics)?;
        self.members.insert(word(request, "consumer").to_owned(), Member { consumer, positions: HashMap::new() });
        Ok(json!({}))
    }

    fn member(&mut self, request: &Value) -> &mut Member {
        self.members.get_mut(word(request, "consumer")).expect("opened before")
    }

    fn poll(&mut self, request: &Value) -> Answer {
        let Member { consumer, positions } = self.member(request);
        let records = read(consumer, request, |message| {
            positions.insert((message.topic().to_owned(), message.partition()), message.offset() + 1);
        })?;
        let assigned = consumer.assignment()?.to_topic_map();
        positions.retain(|place, _| assigned.contains_key(place));
        Ok(json!({"records": records, "assignment": assigned.keys().collect::<Vec<_>>()}))
    }

    fn commit(&mut self, request: &Value) -> Answer {
        let member = self.member(request);
        let mut places = TopicPartitionList::new();
        for ((topic, partition), position) in &member.positions {
            places.add_partition_offset(topic, *partition, Offset::Offset(*position))?;
        }
        member.consumer.commit(&places, CommitMode::Sync)?;
        Ok(json!({}))
    }

    fn seek(&mut self, request: &Value) -> Answer {
        let offset = Offset::Offset(number(request, "offset"));
        self.member(request).consumer.seek(word(request, "topic"), number(request, "partition") as i32, offset, WAIT)?;
        Ok(json!({}))
    }
}

fn send(producer: &FutureProducer, request: &Value) -> Result<Vec<Value>, KafkaError> {
    let mut waiting = Vec::new();
    for each in request["records"].as_array().expect("records") {
        let (key, value) = (data(&each["key"]), data(&each["value"]));
        let mut headers = OwnedHeaders::new();
        for (name, value) in lines::headers(each) {
            headers = headers.insert(Header { key: name, value: value.as_deref() });
        }
        let mut record: FutureRecord<[u8], [u8]> = FutureRecord::to(word(request, "topic")).headers(headers);
        record.key = key.as_deref();
        record.payload = value.as_deref();
        record.partition = each["partition"].as_i64().map(|index| index as i32);
        record.timestamp = each["timestamp"].as_i64();
        loop {
            match producer.send_result(record) {
                Ok(delivery) => break waiting.push(delivery),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                    std::thread::sleep(Duration::from_millis(10));
                    record = again;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }
    let mut positions = Vec::new();
    for delivery in waiting {
        let sent = block_on(delivery).expect("the producer lives").map_err(|(error, _)| error)?;
        let offset = if sent.offset >= 0 { json!(sent.offset) } else { Value::Null };
        positions.push(json!([sent.partition, offset]));
    }
    Ok(positions)
}

fn read(consumer: &BaseConsumer, request: &Value, mut seen: impl FnMut(&BorrowedMessage)) -> Result<Vec<Value>, KafkaError> {
    let count = number(request, "count") as usize;
    let deadline = Instant::now() + Duration::from_millis(number(request, "within_ms") as u64);
    let mut rows = Vec::new();
    while rows.len() < count && Instant::now() < deadline {
        match consumer.poll(Duration::from_millis(100).min(deadline - Instant::now())) {
            None => {}
            Some(Ok(message)) => {
                seen(&message);
                rows.push(told(&message));
            }
            Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown))) => {}
            Some(Err(error)) => return Err(error),
        }
    }
    Ok(rows)
}

fn main() {
    let mut driver = Driver::new(&lines::bootstrap());
    lines::serve(|request| driver.answer(request));
}
