//! Which commits led to a revision.

use super::source::{Checkout, Commit, SourceError};
use crate::os::git::GitError;

impl Checkout<'_> {
    /// The commits from `until` back to `since`, both included, along the first parents: at a merge, the branch that was
    /// merged into. The newest first.
    ///
    /// # Errors
    /// If either names no commit, or `since` is not one of those that led to `until`.
    pub fn line_of_commits(&self, since: &str, until: &str) -> Result<Vec<Commit>, SourceError> {
        let oldest = self.resolve(since)?;
        let newest = self.resolve(until)?;
        let failed = |source| SourceError::Git { action: format!("list the commits from {since} to {until}"), source };
        let ask = |args: &[&str]| self.repository().git(args);
        match ask(&["merge-base", "--is-ancestor", &oldest.id, &newest.id]) {
            Ok(_) => {}
            // It prints nothing if the answer is no.
            Err(GitError::Refused(words)) if words.starts_with("git said nothing") => {
                return Err(failed(GitError::Refused(format!("{since} did not lead to {until}"))));
            }
            Err(error) => return Err(failed(error)),
        }
        let range = format!("{}..{}", oldest.id, newest.id);
        let said =
            ask(&["log", "--first-parent", "--no-show-signature", "--format=%H%x00%T%x00%cI%x00%s", &range, "--"])
                .map_err(failed)?;
        let said = String::from_utf8_lossy(&said);
        let commit = |line: &str| {
            let mut fields = line.splitn(4, '\0').map(str::to_owned);
            let (id, tree, committed, subject) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
            Some(Commit { id, tree, subject, committed: Some(committed).filter(|time| !time.is_empty()) })
        };
        Ok(said.lines().filter_map(commit).chain([oldest]).collect())
    }
}
