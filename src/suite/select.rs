use glob::Pattern;

use crate::text::suggest;

/// Which benchmarks are wanted.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    include: Vec<Matcher>,
    exclude: Vec<Matcher>,
    tags: Vec<String>,
}

/// A pattern that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not a valid pattern: {source}; write for instance 'apps/*' or '*/release'")]
pub struct SelectError {
    pattern: String,
    source: glob::PatternError,
}

#[derive(Clone, Debug)]
enum Matcher {
    Glob(Pattern),
    Part(String),
}

impl Selection {
    /// Selects what any of `include` matches (everything, if it is empty) and none of `exclude`.
    ///
    /// A pattern with `*`, `?` or `[` must match a whole id, where `*` also crosses `/`; any other pattern is a part of the
    /// id.
    ///
    /// # Errors
    /// If a pattern is malformed.
    pub fn new<S: AsRef<str>>(include: &[S], exclude: &[S]) -> Result<Self, SelectError> {
        let read = |patterns: &[S]| {
            patterns.iter().map(|pattern| Matcher::new(pattern.as_ref())).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { include: read(include)?, exclude: read(exclude)?, tags: Vec::new() })
    }

    /// The same selection, of projects that have any of these tags; of all projects if there are none.
    #[must_use]
    pub fn with_tags(self, tags: Vec<String>) -> Self {
        Self { tags, ..self }
    }

    /// A message for each pattern that selects none of these benchmarks, with suggestions. A typo must not look like
    /// success.
    pub fn unmatched<'a>(&self, suite: &str, ids: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
        let is_idle = |matcher: &&Matcher| {
            let alone = Self { include: vec![(*matcher).clone()], ..Self::default() };
            !ids.clone().any(|id| alone.selects_any_of(suite, id))
        };
        let sentence = |matcher: &Matcher| {
            let pattern = matcher.text();
            format!("no benchmark matches `{pattern}`{}", suggest::hint(pattern, ids.clone()))
        };
        let excluded = |matcher: &Matcher| {
            let pattern = matcher.text();
            format!("no benchmark matches --exclude `{pattern}`{}", suggest::hint(pattern, ids.clone()))
        };
        let idle = self.include.iter().filter(is_idle).map(sentence);
        idle.chain(self.exclude.iter().filter(is_idle).map(excluded)).collect()
    }

    /// Whether it selects everything.
    pub fn is_everything(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty() && self.tags.is_empty()
    }

    /// The tags that are wanted.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Whether a project with these tags is wanted.
    pub fn selects_tags(&self, tags: &[String]) -> bool {
        self.tags.is_empty() || self.tags.iter().any(|tag| tags.contains(tag))
    }

    /// Whether the benchmark `id` or one of its phases is wanted: a pattern may have a phase's name after the id.
    pub fn selects_any_of(&self, suite: &str, id: &str) -> bool {
        let names_a_phase = |matcher: &Matcher| match matcher {
            Matcher::Part(part) => part.strip_prefix(id).is_some_and(|rest| rest.starts_with('/')),
            Matcher::Glob(_) => false,
        };
        let excluded = !Self { include: Vec::new(), ..self.clone() }.selects(suite, id);
        !excluded && (self.selects(suite, id) || self.include.iter().any(names_a_phase))
    }

    /// Whether the benchmark `id` of the suite in a folder called `suite` is wanted. Patterns may name the folder, too.
    pub fn selects(&self, suite: &str, id: &str) -> bool {
        let long = format!("{suite}/{id}");
        let matched =
            |matchers: &[Matcher]| matchers.iter().any(|matcher| matcher.matches(id) || matcher.matches(&long));
        (self.include.is_empty() || matched(&self.include)) && !matched(&self.exclude)
    }
}

impl Matcher {
    fn new(pattern: &str) -> Result<Self, SelectError> {
        if !pattern.contains(['*', '?', '[']) {
            return Ok(Self::Part(pattern.to_owned()));
        }
        Pattern::new(pattern).map(Self::Glob).map_err(|source| SelectError { pattern: pattern.to_owned(), source })
    }

    fn text(&self) -> &str {
        match self {
            Self::Glob(pattern) => pattern.as_str(),
            Self::Part(part) => part,
        }
    }

    fn matches(&self, id: &str) -> bool {
        match self {
            Self::Glob(pattern) => pattern.matches(id),
            Self::Part(part) => id.contains(part.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(include: &[&str], exclude: &[&str], id: &str) -> bool {
        Selection::new(include, exclude).unwrap().selects("fixtures", id)
    }

    #[test]
    fn globs_match_whole_ids_and_words_parts() {
        assert!(selects(&[], &[], "apps/amm/debug"));
        assert!(selects(&["amm"], &[], "apps/amm/debug"));
        assert!(selects(&["apps/*"], &[], "apps/amm/debug"));
        assert!(selects(&["*/debug --tests"], &[], "apps/amm/debug --tests"));
        assert!(selects(&["fixtures/**"], &[], "apps/amm/debug"));
        assert!(!selects(&["*amm"], &[], "apps/amm/debug"));
        assert!(!selects(&["apps/*"], &["*/release"], "apps/amm/release"));
    }

    #[test]
    fn a_pattern_may_name_a_phase() {
        let selection = Selection::new(&["apps/amm/debug/compile to ast"], &[]).unwrap();
        assert!(
            selection.selects_any_of("fixtures", "apps/amm/debug") && !selection.selects("fixtures", "apps/amm/debug")
        );
        assert!(!selection.selects_any_of("fixtures", "apps/amm/debug --tests"));
        assert!(!Selection::new(&["a/b/debug/x"], &["a/b"]).unwrap().selects_any_of("fixtures", "a/b/debug"));
    }

    #[test]
    fn any_of_the_tags_will_do() {
        let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<String>>();
        let selection = Selection::default().with_tags(tags(&["ir", "types"]));
        assert!(selection.selects_tags(&tags(&["phase", "ir"])));
        assert!(!selection.selects_tags(&tags(&["phase"])) && !selection.selects_tags(&[]));
        assert!(Selection::default().selects_tags(&[]));
    }

    #[test]
    fn a_malformed_pattern_is_refused() {
        assert!(Selection::new(&["a["], &[]).unwrap_err().to_string().contains("`a[`"));
    }
}
