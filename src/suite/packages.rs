//! Which packages a project needs by path.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::bounds::{Bounds, Outside};
use super::manifest::{Heed, MANIFEST, Manifest, ManifestKind};

/// The folder, the workspace that it belongs to, and all that these need by path, directly or not. The second value is the
/// first package that is out of bounds, which is not in the set.
///
/// Discovery reads the packages of a workspace, and each copy reads them again: files may change in between, and the bounds
/// have to hold for what is copied.
pub(super) fn packages(folder: &Path, bounds: &Bounds) -> (BTreeSet<PathBuf>, Option<Outside>) {
    let (mut found, mut outside) = (BTreeSet::new(), None);
    let mut open = vec![folder.to_owned()];
    open.extend(workspace_of(folder, bounds));
    while let Some(folder) = open.pop() {
        // forc reports paths that do not exist.
        let Ok(real) = folder.canonicalize() else { continue };
        // forc refuses a folder that is not a package. It must not be copied: a typo such as `path = "/"` would copy the
        // whole disk.
        if found.contains(&real) || !real.join(MANIFEST).is_file() {
            continue;
        }
        if let Err(error) = bounds.check(&folder).and_then(|()| bounds.check(&real.join(MANIFEST))) {
            outside.get_or_insert(error);
            continue;
        }
        // forc reports broken manifests.
        if let Ok(manifest) = Manifest::read(&real, Heed::Nothing) {
            open.extend(manifest.paths.iter().chain(&manifest.patches).map(|path| real.join(path)));
            for repository in &manifest.local_repositories {
                if let Err(error) = bounds.check(&real.join(repository)) {
                    outside.get_or_insert(error);
                }
            }
            if manifest.kind == ManifestKind::Workspace {
                for member in &manifest.paths {
                    open.extend(manifest.patches.iter().map(|patch| real.join(member).join(patch)));
                }
            }
        }
        found.insert(real);
    }
    (found, outside)
}

/// The nearest folder above that holds a workspace's manifest: forc keeps its members' lock there.
fn workspace_of(folder: &Path, bounds: &Bounds) -> Option<PathBuf> {
    let mut above = folder.ancestors().skip(1).take_while(|above| bounds.contains(above));
    let above = above.find(|above| above.join(MANIFEST).is_file())?;
    bounds.check(&above.join(MANIFEST)).ok()?;
    let manifest = Manifest::read(above, Heed::Nothing).ok()?;
    (manifest.kind == ManifestKind::Workspace).then(|| above.to_owned())
}
