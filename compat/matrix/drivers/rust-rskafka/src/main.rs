//! rskafka as a driver: see ../../../DRIVERS.md.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use lines::{data, number, word};
use rskafka::client::error::Error;
use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use rskafka::record::{Record, RecordAndOffset};
use rskafka::BackoffConfig;
use rustls::pki_types::{pem::PemObject, CertificateDer};
use serde_json::{json, Map, Value};

const WAIT_MS: i32 = 60_000;
const FETCH_BYTES: i32 = 2_000_000;
/// Records that one request has, for it is the caller who says what a request is.
const AT_ONCE: usize = 1000;

type Answer = Result<Value, Error>;

struct Driver {
    bootstrap: String,
    client: Option<Client>,
    partitions: HashMap<(String, i32), Arc<PartitionClient>>,
}

fn told(topic: &str, partition: i32, found: &RecordAndOffset) -> Value {
    let record = &found.record;
    let headers = record.headers.iter().map(|(name, value)| (name.as_str(), Some(value.as_slice())));
    let timestamp_ms = record.timestamp.timestamp_millis();
    let place = (topic, partition, found.offset);
    lines::record(place, Some(timestamp_ms), record.key.as_deref(), record.value.as_deref(), headers)
}

fn sent(record: &Value) -> Record {
    let timestamp_ms = record["timestamp"].as_i64();
    let now_ms = || std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a time after 1970").as_millis() as i64;
    Record {
        key: data(&record["key"]),
        value: data(&record["value"]),
        headers: lines::headers(record).map(|(name, value)| (name.to_owned(), value.expect("bytes"))).collect(),
        timestamp: DateTime::from_timestamp_millis(timestamp_ms.unwrap_or_else(now_ms)).expect("a time"),
    }
}

impl Driver {
    async fn client(&mut self) -> Result<&Client, Error> {
        if self.client.is_none() {
            let backoff = BackoffConfig { deadline: Some(Duration::from_secs(20)), ..Default::default() };
            let servers = self.bootstrap.split(',').map(str::to_owned).collect();
            let mut builder = ClientBuilder::new(servers).backoff_config(backoff);
            let security = lines::security();
            if let Some(tls) = security["tls"].as_object() {
                let mut roots = rustls::RootCertStore::empty();
                if let Some(file) = tls.get("ca_file").and_then(Value::as_str) {
                    for each in CertificateDer::pem_file_iter(file).expect("a file") {
                        roots.add(each.expect("a certificate")).expect("a certificate");
                    }
                }
                let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
                builder = builder.tls_config(Arc::new(config));
            }
            if !security["sasl"].is_null() {
                let sasl = &security["sasl"];
                let who = Credentials::new(word(sasl, "username").to_owned(), word(sasl, "password").to_owned());
                builder = builder.sasl_config(match word(sasl, "mechanism") {
                    "SCRAM-SHA-256" => SaslConfig::ScramSha256(who),
                    "SCRAM-SHA-512" => SaslConfig::ScramSha512(who),
                    _ => SaslConfig::Plain(who),
                });
            }
            self.client = Some(builder.build().await?);
        }
        Ok(self.client.as_ref().expect("made above"))
    }

    async fn partition(&mut self, topic: &str, index: i32) -> Result<Arc<PartitionClient>, Error> {
        let key = (topic.to_owned(), index);
        if !self.partitions.contains_key(&key) {
            let made = self.client().await?.partition_client(topic, index, UnknownTopicHandling::Retry).await?;
            self.partitions.insert(key.clone(), Arc::new(made));
        }
        Ok(self.partitions[&key].clone())
    }

    async fn answer(&mut self, request: &Value) -> Option<Answer> {
        Some(match word(request, "do") {
            "metadata" => self.metadata().await,
            "create_topic" => self.create_topic(request).await,
            "delete_topic" => self.delete_topic(request).await,
            "produce" if request["settings"]["idempotence"] != true => self.produce(request).await,
            "consume" => self.consume(request).await,
            "offsets" => self.offsets(request).await,
            _ => return None,
        })
    }

    async fn metadata(&mut self) -> Answer {
        let found = self.client().await?.list_topics().await?;
        let topics: Map<String, Value> = found.iter().map(|each| (each.name.clone(), each.partitions.len().into())).collect();
        Ok(json!({"topics": topics}))
    }

    async fn create_topic(&mut self, request: &Value) -> Answer {
        let (partitions, replicas) = (number(request, "partitions") as i32, number(request, "replication_factor") as i16);
        let controller = self.client().await?.controller_client()?;
        controller.create_topic(word(request, "topic"), partitions, replicas, WAIT_MS).await?;
        Ok(json!({}))
    }

    async fn delete_topic(&mut self, request: &Value) -> Answer {
        self.client().await?.controller_client()?.delete_topic(word(request, "topic"), WAIT_MS).await?;
        Ok(json!({}))
    }

    async fn produce(&mut self, request: &Value) -> Answer {
        let compression = match request["settings"]["compression"].as_str() {
            Some("gzip") => Compression::Gzip,
            Some("snappy") => Compression::Snappy,
            Some("lz4") => Compression::Lz4,
            Some("zstd") => Compression::Zstd,
            _ => Compression::NoCompression,
        };
        let records = request["records"].as_array().expect("records");
        let mut positions = vec![Value::Null; records.len()];
        let mut by_partition: HashMap<i64, Vec<usize>> = HashMap::new();
        for (at, record) in records.iter().enumerate() {
            by_partition.entry(number(record, "partition")).or_default().push(at);
        }
        for (index, places) in by_partition {
            let client = self.partition(word(request, "topic"), index as i32).await?;
            for some in places.chunks(AT_ONCE) {
                let batch = some.iter().map(|at| sent(&records[*at])).collect();
                for (at, offset) in some.iter().zip(client.produce(batch, compression).await?) {
                    positions[*at] = json!([index, offset]);
                }
            }
        }
        Ok(json!({"positions": positions}))
    }

    async fn consume(&mut self, request: &Value) -> Answer {
        let (topic, index) = (word(request, "topic"), number(request, "partition") as i32);
        let client = self.partition(topic, index).await?;
        let mut offset = match request["start"].as_str() {
            Some("beginning") => client.get_offset(OffsetAt::Earliest).await?,
            Some(_) => client.get_offset(OffsetAt::Latest).await?,
            None => number(request, "start"),
        };
        let count = number(request, "count") as usize;
        let deadline = Instant::now() + Duration::from_millis(number(request, "within_ms") as u64);
        let mut rows = Vec::new();
        while rows.len() < count && Instant::now() < deadline {
            let left_ms = (deadline - Instant::now()).as_millis().min(500) as i32;
            let (found, _) = client.fetch_records(offset, 1..FETCH_BYTES, left_ms).await?;
            offset = found.last().map_or(offset, |last| last.offset + 1);
            rows.extend(found.iter().take(count - rows.len()).map(|each| told(topic, index, each)));
        }
        Ok(json!({"records": rows}))
    }

    async fn offsets(&mut self, request: &Value) -> Answer {
        let client = self.partition(word(request, "topic"), number(request, "partition") as i32).await?;
        let time = DateTime::from_timestamp_millis(number(request, "timestamp")).expect("a time");
        let at = client.get_offset(OffsetAt::Timestamp(time)).await?;
        let (beginning, end) = (client.get_offset(OffsetAt::Earliest).await?, client.get_offset(OffsetAt::Latest).await?);
        Ok(json!({"beginning": beginning, "end": end, "at_timestamp": if at < 0 { Value::Null } else { at.into() }}))
    }
}

fn main() {
    let mut driver = Driver { bootstrap: lines::bootstrap(), client: None, partitions: HashMap::new() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    lines::serve(|request| runtime.block_on(driver.answer(request)));
}
