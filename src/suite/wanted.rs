//! The forc that a project requests from fuelup.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::{Bounds, Case};

/// fuelup's file: fuelup looks for it in a project's folder and in those above.
const FILE: &str = "fuel-toolchain.toml";

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    components: Components,
}

#[derive(Default, Deserialize)]
struct Components {
    forc: Option<String>,
}

/// The version of forc that the project in `folder` requests; `None` if it requests none. Files out of `bounds` are not
/// read.
fn forc_of(folder: &Path, bounds: &Bounds) -> Option<String> {
    let mut above = folder.ancestors().take_while(|above| bounds.contains(above)).map(|above| above.join(FILE));
    let file = above.find(|file| file.is_file() && bounds.check(file).is_ok())?;
    let raw: Raw = toml::from_str(&fs::read_to_string(file).ok()?).ok()?;
    raw.components.forc
}

/// A message that projects request another forc than `version`; `None` if none does. fuelup would build them with the
/// requested one, which is not the one that is measured.
pub(crate) fn other_forc(cases: &[Case], version: &str) -> Option<String> {
    let mut others: Vec<(String, String)> = Vec::new();
    for case in cases {
        let name = format!("{}/{}", case.project.group, case.project.name);
        let wanted = forc_of(&case.project.folder, &case.project.bounds).filter(|wanted| wanted != version);
        if let Some(wanted) = wanted.filter(|_| !others.iter().any(|(known, _)| *known == name)) {
            others.push((name, wanted));
        }
    }
    let (name, wanted) = others.first()?;
    let more = if others.len() > 1 { format!(", and so do {} more", others.len() - 1) } else { String::new() };
    Some(format!("{name} asks for forc {wanted} in its {FILE}{more}; this is forc {version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_says_which_forc() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("apps/amm");
        fs::create_dir_all(&project).unwrap();
        let bounds = Bounds::within(folder.path(), &[]);
        let folder = folder.path().canonicalize().unwrap();
        let wanted = || forc_of(&folder.join("apps/amm"), &bounds);
        assert_eq!(wanted(), None);
        fs::write(folder.join(FILE), "[toolchain]\nchannel = \"testnet\"\n[components]\nforc = \"0.66.7\"").unwrap();
        assert_eq!(wanted().as_deref(), Some("0.66.7"));
        fs::write(project.join(FILE), "[toolchain]\nchannel = \"latest\"").unwrap();
        assert_eq!(wanted(), None, "a channel is no version");
        fs::write(project.join(FILE), "no TOML").unwrap();
        assert_eq!(wanted(), None);
    }
}
