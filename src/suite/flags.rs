//! Which flags of `forc build` a file may give.
//!
//! A list of what is allowed, and not of what is harmful: a later forc may have other flags that write files, and
//! `forc build --output-bin /home/u/.bashrc` overwrites that file. What the user types is not looked at but for the flags that the harness
//! gives itself.

/// What changes the program that is compiled or what is said of it, and writes nothing but below the project's own `out`.
/// Older compilers have one flag for each experimental feature, and all of them begin alike.
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

/// How the flags of single experimental features begin.
const EXPERIMENTAL: &str = "--experimental-";

/// A flag that is not allowed there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// A file gives a flag that is not known to be harmless.
    #[error("`{0}` is no flag that a file may give: allowed are {allowed}, {EXPERIMENTAL}*", allowed = ALLOWED.join(", "))]
    NotAllowed(String),
    /// The user gives a flag that the harness gives.
    #[error("`{0}` is forc-perf's own to give: it says where forc writes, or how its phases are told")]
    Taken(String),
}

/// What the harness gives itself, or what would have forc write where it is not looked for.
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
