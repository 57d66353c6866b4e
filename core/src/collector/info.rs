//! What a compiler reports about a package's output: the JSON of an info marker, and the metrics file.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::{DataSection, PackageOutput};

/// Reads an info marker's JSON, `{"bytecode_size": …, "data_section": {"size": …, "used": …, "value_pairs": […]}}`,
/// with any other fields.
///
/// The entries of the data section are counted and not stored: such a line may be 100 MB long.
///
/// # Errors
/// If the text is not JSON of that kind.
pub fn read_info(package: Option<String>, json: impl Read) -> Result<PackageOutput, serde_json::Error> {
    let raw: RawInfo = serde_json::from_reader(json)?;
    let data_section = raw.data_section.and_then(|section| {
        Some(DataSection { size: section.size?, used: section.used, entries: section.value_pairs.map(|count| count.0) })
    });
    Ok(PackageOutput { package, bytecode_size: raw.bytecode_size, data_section, other: raw.other })
}

/// Reads a metrics file (`--metrics-outfile`). Its phases are ignored: their memory figures are those of the whole
/// host, and the file has only the phases of the last package. Its other fields are kept.
///
/// # Errors
/// If the text is not a JSON object.
pub fn read_metrics_file(package: Option<String>, json: impl Read) -> Result<PackageOutput, serde_json::Error> {
    let mut output = read_info(package, json)?;
    for phases in ["metrics", "compilation_phases"] {
        output.other.remove(phases);
    }
    Ok(output)
}

#[derive(Default)]
struct RawInfo {
    bytecode_size: Option<u64>,
    data_section: Option<RawDataSection>,
    other: BTreeMap<String, serde_json::Value>,
}

impl<'de> Deserialize<'de> for RawInfo {
    // Not derived: `flatten` would store every value, also the longest lists, before it is known which ones to keep.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = RawInfo;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a compiler's report on a package")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawInfo, A::Error> {
                let mut info = RawInfo::default();
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "bytecode_size" => info.bytecode_size = map.next_value()?,
                        "data_section" => info.data_section = map.next_value()?,
                        _ => {
                            let Plain(value) = map.next_value()?;
                            info.other.insert(name, value);
                        }
                    }
                }
                Ok(info)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// A plain value unchanged; a list or a table as its number of elements.
struct Plain(serde_json::Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Plain;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("any value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Plain, E> {
                Ok(Plain(serde_json::Value::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Plain, A::Error> {
                Ok(Plain(count_elements(sequence)?.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Plain, A::Error> {
                Ok(Plain(count_fields(map)?.into()))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

fn count_elements<'de, A: SeqAccess<'de>>(mut sequence: A) -> Result<u64, A::Error> {
    let mut count = 0;
    while sequence.next_element::<IgnoredAny>()?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn count_fields<'de, A: MapAccess<'de>>(mut map: A) -> Result<u64, A::Error> {
    let mut count = 0;
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
        count += 1;
    }
    Ok(count)
}

#[derive(Deserialize)]
struct RawDataSection {
    size: Option<u64>,
    used: Option<u64>,
    value_pairs: Option<Count>,
}

/// The number of elements of a sequence, or of fields of a map. They are not stored.
struct Count(u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counter;

        impl<'de> Visitor<'de> for Counter {
            type Value = Count;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("the entries of a data section")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Count, A::Error> {
                count_elements(sequence).map(Count)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Count, A::Error> {
                count_fields(map).map(Count)
            }
        }

        deserializer.deserialize_any(Counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_info_marker_gives_sizes_and_counts_entries() {
        let json = r#"{"bytecode_size":64,"new_field":[1],"data_section":{"size":40,"used":33,
            "value_pairs":[{"value":{"Byte":1},"padding":{},"name":"x"},{"value":{"Slice":[1,2]}}]}}"#;
        let output = read_info(Some("p".into()), json.as_bytes()).unwrap();
        assert_eq!(output.binary_size(), Some(104));
        assert_eq!(output.data_section, Some(DataSection { size: 40, used: Some(33), entries: Some(2) }));
    }

    #[test]
    fn unknown_fields_are_kept() {
        let json = r#"{"gas":7,"note":"x","ratio":0.5,"passes":[1,2,3],"nested":{"a":1},"bytecode_size":null}"#;
        let output = read_info(None, json.as_bytes()).unwrap();
        let expected = r#"{"gas":7,"nested":1,"note":"x","passes":3,"ratio":0.5}"#;
        assert_eq!(serde_json::to_string(&output.other).unwrap(), expected);
    }

    #[test]
    fn what_is_missing_stays_missing() {
        let output = read_info(None, "{}".as_bytes()).unwrap();
        assert_eq!(output, PackageOutput::default());
        assert_eq!(output.binary_size(), None);
        assert!(read_info(None, "{\"bytecode_size\":".as_bytes()).is_err());
    }

    #[test]
    fn every_layout_of_the_metrics_file_has_the_size() {
        for json in [
            r#"{"bytecode_size":8,"metrics":[{"phase":"parse_cst","elapsed":0.1,"memory_usage":9}]}"#,
            r#"{"bytecode_size":8,"metrics":[],"reused_modules":0}"#,
            r#"{"bytecode_size":8,"compilation_phases":[],"reused_programs":1,"decl_engine":{"slabs":[]}}"#,
        ] {
            let output = read_metrics_file(None, json.as_bytes()).unwrap();
            assert_eq!(output.bytecode_size, Some(8));
            assert!(!output.other.contains_key("metrics") && !output.other.contains_key("compilation_phases"));
        }
    }
}
