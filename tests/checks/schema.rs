//! What is written fits the JSON Schemas that `forc-perf schema` prints.

use forc_perf::model::{COMPARISON_SCHEMA, REPORT_SCHEMA};
use serde_json::{Value, json};

use crate::{compared, nights, recorded};

fn errors(schema: &Value, file: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.iter_errors(file).map(|error| error.to_string()).collect()
}

#[test]
fn a_recorded_report_fits_the_schema_and_a_spoilt_one_does_not() {
    let schema = serde_json::from_str(REPORT_SCHEMA).unwrap();
    let mut json = serde_json::to_value(recorded()).unwrap();
    assert_eq!(errors(&schema, &json), Vec::<String>::new());
    json["benchmarks"][1]["runs"][0]["frames"][0]["memory_usage"] = json!("much");
    assert!(!errors(&schema, &json).is_empty());
    let [night, _] = nights();
    assert_eq!(errors(&schema, &serde_json::to_value(night).unwrap()), Vec::<String>::new());
}

#[test]
fn a_comparison_fits_its_schema_and_a_spoilt_one_does_not() {
    let schema = serde_json::from_str(COMPARISON_SCHEMA).unwrap();
    let mut json = serde_json::to_value(compared()).unwrap();
    assert_eq!(errors(&schema, &json), Vec::<String>::new());
    json["sides"] = json!(2);
    assert!(!errors(&schema, &json).is_empty());
}
