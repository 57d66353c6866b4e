//! Which flags of `forc build` a file may give.
//!
//! A list of allowed flags, not of harmful ones: a later forc may have other flags that write files, and `forc build
//! --output-bin /home/u/.bashrc` overwrites that file. Flags that the user types are only checked against those that the
//! harness gives itself.

/// Flags that change the compiled program or the compiler's messages, and write only below the project's own `out`.
/// Older compilers have one flag for each experimental feature, all with the same prefix.
const ALLOWED: [&str; 16] = [
    "--tests",
    "--locked",
    "--offline",
    "--error-on-warnings",
    "--build-profile",
    "--build-target",
    "--experimental",
    "--no-experimental",
    "--no-encoding-v1",
    "--json-abi",
    "--json-storage-slots",
    "--asm",
    "--bytecode",
    "--ir",
    "--verify-ir",
    "--terse",
];

/// The prefix of the flags of single experimental features.
const EXPERIMENTAL: &str = "--experimental-";

/// A flag that is not allowed there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// A file gives a flag that is not known to be harmless.
    #[error("a file may not give the flag `{0}`: allowed are {allowed}, {EXPERIMENTAL}*", allowed = ALLOWED.join(", "))]
    NotAllowed(String),
    /// The user gives a flag that the harness gives.
    #[error("`{0}` is set by forc-perf itself: it decides where forc writes, or how its phases are reported")]
    Taken(String),
}

/// Flags that the harness gives itself, or that would make forc write where the harness does not look.
const TAKEN: [&str; 13] = [
    "--path",
    "-p",
    "--profile",
    "--time-phases",
    "--metrics-outfile",
    "--output-directory",
    "--output-bin",
    "-o",
    "--output-debug",
    "-g",
    "--output-hexfile",
    "--dca-graph",
    "--release",
];

/// The flag's name, without a value that is part of the word.
fn name(word: &str) -> &str {
    word.split_once('=').map_or(word, |(name, _)| name)
}

/// Checks the words that a file gives: flags, each with its values.
///
/// # Errors
/// If one is not allowed.
pub fn check<S: AsRef<str>>(words: &[S]) -> Result<(), FlagError> {
    let mut words = words.iter().map(AsRef::as_ref);
    let Some(first) = words.next() else { return Ok(()) };
    let allowed = |word: &str| ALLOWED.contains(&name(word)) || name(word).starts_with(EXPERIMENTAL);
    let wrong = if allowed(first) { words.find(|word| word.starts_with('-') && !allowed(word)) } else { Some(first) };
    wrong.map_or(Ok(()), |word| Err(FlagError::NotAllowed(word.to_owned())))
}

/// Checks the words that the user gives.
///
/// # Errors
/// If one is the harness's own.
pub fn check_typed<S: AsRef<str>>(words: &[S]) -> Result<(), FlagError> {
    let taken = words.iter().map(AsRef::as_ref).find(|word| TAKEN.contains(&name(word)));
    taken.map_or(Ok(()), |word| Err(FlagError::Taken(word.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_harmless_stands_in_a_file() {
        for good in ["", "--tests", "--experimental new_hashing,references --tests", "--ir=final", "--experimental-x"] {
            let words: Vec<&str> = good.split_whitespace().collect();
            assert_eq!(check(&words), Ok(()), "{good}");
        }
        for (words, wrong) in [
            ("--output-bin x", "--output-bin"),
            ("--tests --output-bin=x", "--output-bin=x"),
            ("--tests -ox", "-ox"),
            ("x --tests", "x"),
            ("--outp x", "--outp"),
            ("--", "--"),
        ] {
            let words: Vec<&str> = words.split_whitespace().collect();
            assert_eq!(check(&words), Err(FlagError::NotAllowed(wrong.to_owned())));
        }
    }

    #[test]
    fn the_user_gives_any_flag_but_the_harness_own() {
        assert_eq!(check_typed(&["--flag-of-my-branch", "7"]), Ok(()));
        assert_eq!(
            check_typed(&["--tests", "--output-directory=/x"]).unwrap_err().to_string().split(' ').next(),
            Some("`--output-directory=/x`")
        );
    }
}
