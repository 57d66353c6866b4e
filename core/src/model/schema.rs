//! The JSON Schemas of the files, which a test generates from the types.

/// The JSON Schema of a report.
pub const REPORT_SCHEMA: &str = include_str!("report.schema.json");

/// The JSON Schema of a comparison.
pub const COMPARISON_SCHEMA: &str = include_str!("comparison.schema.json");

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::model::{COMPARISON_SCHEMA_VERSION, Comparison, Report, SCHEMA_VERSION};

    /// What the file has to hold: the schema under a name that says which layout it is of (RFC 8141).
    #[track_caller]
    fn assert_kept(schema: schemars::Schema, what: &str, version: u32) {
        let mut schema = schema.to_value();
        schema["$id"] = format!("urn:forc-perf:schema:{what}:{version}").into();
        let generated = format!("{schema:#}\n");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/model/{what}.schema.json"));
        if std::env::var_os("FORC_PERF_BLESS").is_some() {
            fs::write(&path, &generated).unwrap();
        }
        assert!(
            fs::read_to_string(&path).unwrap_or_default() == generated,
            "the types have changed and {} has not; FORC_PERF_BLESS=1 cargo test -p forc-perf-core schema writes it again",
            path.display()
        );
    }

    #[test]
    fn the_schemas_that_are_kept_are_those_of_the_types() {
        assert_kept(schemars::schema_for!(Report), "report", SCHEMA_VERSION);
        assert_kept(schemars::schema_for!(Comparison), "comparison", COMPARISON_SCHEMA_VERSION);
    }
}
