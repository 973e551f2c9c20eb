//! The directory that models are loaded from, and nothing outside of it.

use std::path::{Component, Path, PathBuf};

use super::{
    embedded,
    hub::{Hub, Reference},
};
use crate::{model::Layout, service::Shelf};

/// Finds the models under a directory, those in the binary, and those on the hub.
#[derive(Clone, Debug, Default)]
pub struct ModelsRoot {
    directory: Option<PathBuf>,
    hub: Hub,
}

impl ModelsRoot {
    /// The models under `directory`; `None`: only those in the binary.
    #[must_use]
    pub fn new(directory: Option<PathBuf>) -> Self {
        Self { directory, hub: Hub::default() }
    }

    /// With the settings of the hub.
    #[must_use]
    pub(super) fn with_hub(self, hub: Hub) -> Self {
        Self { hub, ..self }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }
}

impl Shelf for ModelsRoot {
    fn find(&self, path: &str) -> Result<Layout, String> {
        if let Some(name) = path.strip_prefix("embedded:") {
            return embedded::layout(name)
                .ok_or_else(|| format!("no model `{name}` is in the binary"));
        }
        if let Some(model) = path.strip_prefix("hub:") {
            return self.hub.layout(&Reference::parse(model)?);
        }
        let root = self.directory.as_deref().ok_or("no models root is configured")?;
        confined(root, path).map(Layout::Directory)
    }
}

/// The directory `path` under `root`, whatever `path` and the links on its way say. Where a path leads
/// outside, nothing is told of what is there.
fn confined(root: &Path, path: &str) -> Result<PathBuf, String> {
    let outside = || format!("`{path}` is outside the models root");
    if path.is_empty() || path.contains('\0') {
        return Err("the path is empty, or holds a zero byte".to_owned());
    }
    if Path::new(path).components().any(|part| part == Component::ParentDir) {
        return Err(outside());
    }
    let root = canonical(root)?;
    let joined = root.join(path);
    if !joined.starts_with(&root) {
        return Err(outside());
    }
    let found = canonical(&joined)?;
    if !found.starts_with(&root) {
        return Err(outside());
    }
    if !found.is_dir() {
        return Err(format!("`{path}` is no directory"));
    }
    let unreadable = |error: std::io::Error| format!("`{path}`: {error}");
    for entry in found.read_dir().map_err(unreadable)? {
        let file = entry.map_err(unreadable)?;
        // A link that leads nowhere is found when, and if, the file is asked for.
        if let Ok(target) = file.path().canonicalize()
            && !target.starts_with(&root)
        {
            let name = file.file_name();
            return Err(format!("`{path}`: {} leads outside the models root", name.display()));
        }
    }
    Ok(found)
}

fn canonical(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize().map_err(|error| format!("`{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_outside_the_root_is_found() {
        let all = tempfile::tempdir().unwrap();
        let (root, out) = (all.path().join("root"), all.path().join("out"));
        for folder in [root.join("a/b"), root.join("leak"), root.join("cache"), out.clone()] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(out.join("secret"), "s").unwrap();
        std::fs::write(root.join("file"), "").unwrap();
        std::fs::write(root.join("cache/blob"), "").unwrap();
        symlink(&out, root.join("link")).unwrap();
        symlink(out.join("secret"), root.join("leak/model.safetensors")).unwrap();
        symlink(root.join("cache/blob"), root.join("a/model.safetensors")).unwrap();
        symlink("b", root.join("a/inner")).unwrap();
        let shelf = ModelsRoot::new(Some(root.clone()));
        let absolute = |path: &Path| path.to_str().unwrap().to_owned();
        for path in ["a", "a/b", "a/inner", "./a", "a/", &absolute(&root.join("a"))] {
            assert!(shelf.find(path).is_ok(), "{path}");
        }
        let outside = [
            "..",
            "../out",
            "a/../../out",
            "a/..",
            "link",
            "link/../out",
            "leak",
            "/etc",
            "//etc",
            &absolute(&out),
            "/",
            &absolute(&root.join("../out")),
        ];
        for path in outside {
            let error = shelf.find(path).unwrap_err();
            assert!(error.contains("outside the models root"), "{path}: {error}");
        }
        for path in ["", "file", "none", "a\0", "~", "file/a", "C:\\a"] {
            assert!(shelf.find(path).is_err(), "{path}");
        }
        // What is not there and what must not be seen look alike.
        let hidden = shelf.find(&absolute(&out.join("none"))).unwrap_err();
        assert!(hidden.contains("outside the models root"), "{hidden}");
    }

    #[test]
    fn without_a_root_there_are_the_embedded_ones() {
        let shelf = ModelsRoot::default();
        assert!(shelf.find("embedded:tiny-rm-0").is_ok());
        assert!(shelf.find("embedded:../tiny-rm-0").unwrap_err().contains("in the binary"));
        assert!(shelf.find("a").unwrap_err().contains("no models root"));
    }
}
