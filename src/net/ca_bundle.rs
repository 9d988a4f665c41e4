//! Certificate authorities that are trusted in addition to the platform's: the PEM file that `AWS_CA_BUNDLE` or a profile's
//! `ca_bundle` names.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::model::{Failure, FailureKind};

/// A PEM file of certificates that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaBundle {
    /// Where it was read from.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) pem: Vec<u8>,
}

impl CaBundle {
    /// Reads a bundle. `setting` is the name of the setting that names the file, for messages.
    ///
    /// # Errors
    /// [`FailureKind::Usage`] if the file cannot be read, or holds no certificate.
    pub(crate) fn read(doing: &str, path: &Path, setting: &str) -> Result<Arc<Self>, Failure> {
        let unusable = |why: String| {
            let shown = path.display();
            Failure::new(
                FailureKind::Usage,
                doing,
                format!("{setting} names {shown}, which {why}"),
            )
            .hint(format!("{setting} must name a file of certificates in PEM"))
        };
        let pem =
            std::fs::read(path).map_err(|error| unusable(format!("cannot be read: {error}")))?;
        match reqwest::Certificate::from_pem_bundle(&pem) {
            Ok(certificates) if !certificates.is_empty() => Ok(Arc::new(Self {
                path: path.to_path_buf(),
                pem,
            })),
            Ok(_) => Err(unusable("holds no certificate".to_owned())),
            Err(error) => Err(unusable(format!(
                "is no PEM: {}",
                super::http_client::chain(&error)
            ))),
        }
    }

    /// Returns the bundle of `AWS_CA_BUNDLE`; `None` if the variable is not set.
    ///
    /// # Errors
    /// As [`CaBundle::read`].
    pub(crate) fn of_environment(doing: &str) -> Result<Option<Arc<Self>>, Failure> {
        const VARIABLE: &str = "AWS_CA_BUNDLE";
        match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => Self::read(doing, Path::new(&path), VARIABLE).map(Some),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unusable_bundle_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none.pem");
        let failure = CaBundle::read("connecting", &missing, "ca_bundle").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Usage);
        assert!(
            failure.cause.contains("ca_bundle names") && failure.cause.contains("none.pem"),
            "{failure}"
        );
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "no certificate here\n").unwrap();
        let failure = CaBundle::read("connecting", &empty, "AWS_CA_BUNDLE").unwrap_err();
        assert!(failure.cause.contains("holds no certificate"), "{failure}");
    }
}
