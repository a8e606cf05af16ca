//! Nobody but the server's user has business in the data directory: it holds keys, people's words, and the socket of the console.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

use kernel::{Error, Result};

/// What only Holdfast makes.
const OURS: [&str; 3] = ["holdfast.db", "keys", "tls"];

/// The data directory, or something in it, could not be read or written.
pub(crate) fn unusable(error: io::Error) -> Error {
    Error::internal(error).message("The data directory cannot be used.")
}

/// Makes a directory that nobody else can enter. One that others can is closed, if it is plainly ours: empty, or with things of ours in
/// it, and never writable for others. Any other is refused, so that a wrong setting does not lock people out of, say, `/tmp`.
pub(super) fn directory(path: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
    let found = fs::metadata(path).map_err(unusable)?;
    if !is_open(&found) {
        return Ok(());
    }
    let shown = path.display();
    let empty = fs::read_dir(path).map_err(unusable)?.next().is_none();
    let ours = found.mode() & 0o1022 == 0 && (empty || OURS.iter().any(|name| path.join(name).exists()));
    let closed = ours && fs::set_permissions(path, Permissions::from_mode(0o700)).is_ok();
    if !closed {
        return Err(Error::internal(format_args!(
            "data_dir {shown} can be entered by others (mode {:03o}). Make sure that nobody has put anything there, then: chmod 700 {shown}",
            found.mode() & 0o7777
        ))
        .message("The data directory is open to others."));
    }
    tracing::warn!(directory = %shown, "the data directory could be entered by others; it is closed to them now");
    Ok(())
}

fn is_open(found: &Metadata) -> bool {
    found.mode() & 0o077 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    // REQ OPS-14
    #[test]
    fn the_data_directory_is_ours_alone_or_refused() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("a/data");
        let mark = data.join("holdfast.db");
        directory(&data).unwrap();
        assert_eq!((mode(&data), mode(&dir.path().join("a"))), (0o700, 0o700));
        let open = |mode| fs::set_permissions(&data, Permissions::from_mode(mode)).unwrap();
        // Empty, or ours: closed.
        open(0o755);
        directory(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        fs::write(&mark, "").unwrap();
        open(0o750);
        directory(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        // Written by others, or somebody else's: left as it is, and said.
        for mode_of in [0o777, 0o770, 0o1777, 0o702] {
            open(mode_of);
            let refused = directory(&data).unwrap_err();
            assert!(refused.cause.unwrap().contains("chmod 700"), "{mode_of:o}");
            assert_eq!(mode(&data), mode_of);
        }
        fs::rename(&mark, data.join("somebody's")).unwrap();
        open(0o755);
        assert!(directory(&data).is_err());
        assert_eq!(mode(&data), 0o755);
    }
}
