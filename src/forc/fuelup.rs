//! Compilers that fuelup, the Fuel toolchain installer, has installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The path of the forc of the toolchain with this name, whether or not it exists.
pub fn forc_of(toolchain: &str) -> PathBuf {
    forc_in(&home(), toolchain)
}

/// The toolchains that contain a forc, with its binary, by name.
pub fn toolchains() -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(home().join("toolchains")) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let forc = entry.path().join("bin").join("forc");
            let name = entry.file_name().to_string_lossy().into_owned();
            forc.is_file().then(|| (without_host(&name).to_owned(), forc))
        })
        .collect();
    found.sort();
    found
}

/// The default toolchain and its forc, if `path` is fuelup's proxy and not a compiler itself.
///
/// The proxy is fuelup under the name of forc. It reads `fuel-toolchain.toml` in the folder it is started in, so two
/// projects may get two compilers from it, and its hash does not identify a compiler. The report must name the compiler that
/// is measured, so the proxy is not used.
pub fn behind_proxy(path: &Path) -> Option<(String, PathBuf)> {
    behind_proxy_in(&home(), path)
}

fn behind_proxy_in(home: &Path, path: &Path) -> Option<(String, PathBuf)> {
    // A hard link where fuelup could make one, else a symbolic link.
    let fuelup = same_file::Handle::from_path(home.join("bin").join("fuelup")).ok()?;
    if same_file::Handle::from_path(path).ok()? != fuelup {
        return None;
    }
    let settings: toml::Table = fs::read_to_string(home.join("settings.toml")).ok()?.parse().ok()?;
    let toolchain = settings.get("default_toolchain")?.as_str()?;
    let forc = forc_in(home, toolchain);
    forc.is_file().then(|| (without_host(toolchain).to_owned(), forc))
}

/// As fuelup does, by the name alone or with this host as suffix: `latest` is kept as `latest-x86_64-unknown-linux-gnu`.
fn forc_in(home: &Path, toolchain: &str) -> PathBuf {
    let at = |name: &str| home.join("toolchains").join(name).join("bin").join("forc");
    let whole = at(toolchain);
    if whole.is_file() {
        return whole;
    }
    let hosts = HOSTS.iter().map(|host| at(&format!("{toolchain}-{host}")));
    hosts.into_iter().find(|forc| forc.is_file()).unwrap_or(whole)
}

/// A toolchain's name without the host.
fn without_host(name: &str) -> &str {
    HOSTS
        .iter()
        .find_map(|host| name.strip_suffix(host)?.strip_suffix('-'))
        .filter(|name| !name.is_empty())
        .unwrap_or(name)
}

/// The hosts that fuelup has toolchains for, which can run here.
const HOSTS: &[&str] = if cfg!(target_os = "macos") {
    if cfg!(target_arch = "aarch64") {
        &["aarch64-apple-darwin", "x86_64-apple-darwin"]
    } else {
        &["x86_64-apple-darwin"]
    }
} else if cfg!(target_arch = "aarch64") {
    &["aarch64-unknown-linux-gnu"]
} else {
    &["x86_64-unknown-linux-gnu"]
};

/// Where fuelup keeps its toolchains: `FUELUP_HOME`, else `~/.fuelup`.
fn home() -> PathBuf {
    env::var_os("FUELUP_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".fuelup")))
        .unwrap_or_else(|| Path::new(".fuelup").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_is_told_from_a_compiler_and_leads_to_the_default_one() {
        let home = tempfile::tempdir().unwrap();
        let at = |path: &str| home.path().join(path);
        for (path, text) in [("bin/fuelup", "proxy"), ("toolchains/beta/bin/forc", "compiler")] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), text).unwrap();
        }
        fs::hard_link(at("bin/fuelup"), at("bin/forc")).unwrap();
        assert_eq!(behind_proxy_in(home.path(), &at("bin/forc")), None, "it has no default");
        fs::write(at("settings.toml"), "default_toolchain = \"beta\"\n").unwrap();
        let compiler = Some(("beta".to_owned(), at("toolchains/beta/bin/forc")));
        assert_eq!(behind_proxy_in(home.path(), &at("bin/forc")), compiler);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("bin/fuelup"), at("forc")).unwrap();
            assert_eq!(behind_proxy_in(home.path(), &at("forc")), compiler);
        }
        assert_eq!(behind_proxy_in(home.path(), &at("toolchains/beta/bin/forc")), None);
        fs::write(at("settings.toml"), "default_toolchain = \"gone\"\n").unwrap();
        assert_eq!(behind_proxy_in(home.path(), &at("bin/forc")), None);
    }

    #[test]
    fn a_channel_is_kept_under_its_name_and_the_host() {
        let home = tempfile::tempdir().unwrap();
        let latest = home.path().join(format!("toolchains/latest-{}/bin/forc", HOSTS[0]));
        fs::create_dir_all(latest.parent().unwrap()).unwrap();
        fs::write(&latest, "compiler").unwrap();
        assert_eq!(forc_in(home.path(), "latest"), latest);
        assert_eq!(forc_in(home.path(), &format!("latest-{}", HOSTS[0])), latest);
        assert!(!forc_in(home.path(), "late").is_file());
        let dated = home.path().join(format!("toolchains/nightly-2024-06-01-{}/bin/forc", HOSTS[0]));
        fs::create_dir_all(dated.parent().unwrap()).unwrap();
        fs::write(&dated, "compiler").unwrap();
        assert_eq!(forc_in(home.path(), "nightly-2024-06-01"), dated);
        assert!(!forc_in(home.path(), "nightly").is_file(), "of another day");
        assert_eq!(without_host(&format!("latest-{}", HOSTS[0])), "latest");
        assert_eq!(without_host("my-toolchain"), "my-toolchain");
    }
}
