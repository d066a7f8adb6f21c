//! What the drivers of Rust clients have in common: requests and answers, a JSON object each, a line each.
//! See ../../../DRIVERS.md.

use std::fmt::Display;
use std::io::{BufRead, Write};

use base64::{engine::general_purpose::STANDARD, Engine};
use serde_json::{json, Value};

pub fn text(value: Option<&[u8]>) -> Value {
    value.map_or(Value::Null, |bytes| STANDARD.encode(bytes).into())
}

pub fn data(value: &Value) -> Option<Vec<u8>> {
    value.as_str().map(|text| STANDARD.decode(text).expect("base64"))
}

pub fn word<'a>(request: &'a Value, name: &str) -> &'a str {
    request[name].as_str().unwrap_or_else(|| panic!("{name} is missing in {request}"))
}

pub fn number(request: &Value, name: &str) -> i64 {
    request[name].as_i64().unwrap_or_else(|| panic!("{name} is missing in {request}"))
}

/// The headers of a record that is to be sent.
pub fn headers(record: &Value) -> impl Iterator<Item = (&str, Option<Vec<u8>>)> {
    let all = record["headers"].as_array().expect("headers").iter();
    all.map(|each| (each[0].as_str().expect("text"), data(&each[1])))
}

/// A record that was read. place: its topic, partition and offset.
pub fn record<'a>(
    place: (&str, i32, i64),
    timestamp: Option<i64>,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: impl Iterator<Item = (&'a str, Option<&'a [u8]>)>,
) -> Value {
    let headers: Vec<Value> = headers.map(|(name, value)| json!([name, text(value)])).collect();
    json!({
        "topic": place.0, "partition": place.1, "offset": place.2, "timestamp": timestamp,
        "key": text(key), "value": text(value), "headers": headers,
    })
}

/// The bootstrap servers.
pub fn bootstrap() -> String {
    std::env::args().next_back().expect("bootstrap servers")
}

/// What CLIENT_SECURITY says.
pub fn security() -> Value {
    std::env::var("CLIENT_SECURITY").map_or(json!({}), |text| serde_json::from_str(&text).expect("JSON"))
}

/// Answers what stdin asks until it ends; None is what the client has no such thing for.
pub fn serve<E: Display>(mut answer: impl FnMut(&Value) -> Option<Result<Value, E>>) {
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
        let answer = match answer(&request) {
            None => json!({"unsupported": request["do"]}),
            Some(Ok(value)) => json!({"ok": value}),
            Some(Err(error)) => json!({"error": error.to_string()}),
        };
        println!("{answer}");
        std::io::stdout().flush().expect("stdout");
    }
}
