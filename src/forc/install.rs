//! Building a release of forc into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use semver::Version;

use super::build::{BuildError, BuildEvent};
use super::cargo;
use crate::os::Interrupt;
use crate::os::cache;

/// Where the cache keeps its releases.
///
/// # Errors
/// If there is no cache folder.
pub fn releases_folder() -> Result<PathBuf, cache::NoCache> {
    Ok(cache::folder()?.join("toolchains"))
}

/// The binary of a release in the cache, if it has been built.
///
/// # Errors
/// If there is no cache folder.
pub fn installed(version: &Version) -> Result<Option<PathBuf>, cache::NoCache> {
    let binary = binary_in(&releases_folder()?.join(version.to_string()));
    Ok(binary.is_file().then_some(binary))
}

/// The releases in the cache and their binaries, oldest first.
///
/// # Errors
/// If there is no cache folder.
pub fn all_installed() -> Result<Vec<(Version, PathBuf)>, cache::NoCache> {
    let Ok(entries) = fs::read_dir(releases_folder()?) else { return Ok(Vec::new()) };
    let mut releases: Vec<_> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = Version::parse(entry.file_name().to_str()?).ok()?;
            let binary = binary_in(&entry.path());
            binary.is_file().then_some((version, binary))
        })
        .collect();
    releases.sort();
    Ok(releases)
}

/// The binary of a release: from the cache, or built into it with `cargo install forc --version V --locked`.
///
/// The build goes into a folder beside the final one and is moved there when it is complete, so a killed build leaves
/// nothing incomplete; a lock ensures that two harnesses build only once. Crates that were compiled before a build was
/// killed are not compiled again.
///
/// # Errors
/// If the build fails or is interrupted, or the cache cannot be written to.
pub fn install(
    version: &Version,
    interrupt: &Interrupt,
    mut on_event: impl FnMut(BuildEvent),
) -> Result<PathBuf, BuildError> {
    if let Some(binary) = installed(version)? {
        return Ok(binary);
    }
    let compiler = format!("forc {version}");
    let releases = releases_folder()?;
    let at = |path: &Path| {
        let (compiler, path) = (compiler.clone(), path.to_owned());
        move |source| BuildError::io(&compiler, &path, source)
    };
    fs::create_dir_all(&releases).map_err(at(&releases))?;
    let lock_path = releases.join(format!(".{version}.lock"));
    let _lock = cache::lock(&lock_path, interrupt, || on_event(BuildEvent::Waiting { compiler: compiler.clone() }))
        .map_err(|error| BuildError::lock(&compiler, &lock_path, error))?;
    if let Some(binary) = installed(version)? {
        return Ok(binary);
    }

    cargo::require(&compiler, [cargo::CC].into_iter().chain(cargo::OPENSSL_TOOLS))?;
    let build_folder = releases.join(format!(".{version}.build"));
    let (root, target) = (build_folder.join("root"), build_folder.join("target"));
    fs::create_dir_all(&build_folder).map_err(at(&build_folder))?;
    let _ = fs::remove_dir_all(&root);
    let log = releases.join(format!("{version}.log"));
    let started = Instant::now();
    let incremental = target.is_dir();
    on_event(BuildEvent::Started { compiler: compiler.clone(), log: log.clone(), incremental });
    // The settings of a project in the working folder must not affect this build.
    let mut command = cargo::command(cargo::Rust::Harness, &build_folder, &target);
    command.args(["install", "forc", "--locked", "--version", &version.to_string(), "--root"]).arg(&root);
    cargo::run(&mut command, &compiler, &log, interrupt, &mut on_event)?;

    if !binary_in(&root).is_file() {
        return Err(BuildError::NoBinary { compiler, log });
    }
    let release = releases.join(version.to_string());
    let _ = fs::remove_dir_all(&release);
    fs::rename(&root, &release).map_err(at(&release))?;
    // Gigabytes that are no longer needed; if they cannot be removed, the build still succeeded.
    let _ = fs::remove_dir_all(&build_folder);
    on_event(BuildEvent::Finished { compiler, elapsed: started.elapsed() });
    Ok(binary_in(&release))
}

pub(super) fn binary_in(release: &Path) -> PathBuf {
    release.join("bin").join(format!("forc{}", std::env::consts::EXE_SUFFIX))
}
