//! The archive that `Export-CsConfiguration` writes -> the bytes of its `DocItemSet.xml`.
//!
//! Read in memory: no name in an archive ever becomes a path, so that none can lead out of a folder.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use super::refusal::{Place, TopologyError, quote};

/// The document that holds the configuration.
const DOCUMENT: &str = "DocItemSet.xml";
/// The most entries that are looked at.
const MAX_ENTRIES: usize = 1_000;
/// The most bytes that are unpacked: far above any configuration.
pub(super) const MAX_UNPACKED: u64 = 64 << 20;

/// Unpacks the document.
pub(super) fn document(place: &Place, bytes: &[u8]) -> Result<Vec<u8>, TopologyError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(place, &error))?;
    if archive.len() > MAX_ENTRIES {
        let what = format!("the archive has {} entries", archive.len());
        return Err(place.refuse(
            what,
            "an exported configuration has a few; is it the right file?",
        ));
    }
    // A name that cannot be read keeps its place: the names are counted.
    let name = |index| Some(archive.name_for_index(index)?.ok()?.into_owned());
    let names: Vec<String> = (0..archive.len())
        .map(|index| name(index).unwrap_or_default())
        .collect();
    if let Some(name) = names.iter().find(|name| leads_out(name)) {
        let what = format!(
            "the archive holds {}, a name that leads out of a folder",
            quote(name)
        );
        return Err(place.refuse(
            what,
            "`Export-CsConfiguration` writes none; export the configuration again",
        ));
    }
    let is_document = |name: &&String| name.rsplit(['/', '\\']).next() == Some(DOCUMENT);
    let Some(index) = names.iter().position(|name| is_document(&name)) else {
        let shown: Vec<String> = names.iter().take(3).map(|name| quote(name)).collect();
        return Err(place.refuse(
            format!(
                "there is no `{DOCUMENT}` in the archive, which holds {}",
                shown.join(", ")
            ),
            "export the configuration with `Export-CsConfiguration -FileName c.zip`",
        ));
    };
    let entry = archive
        .by_index(index)
        .map_err(|error| broken(place, &error))?;
    let mut unpacked = Vec::new();
    entry
        .take(MAX_UNPACKED + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| broken(place, &error))?;
    if unpacked.len() as u64 > MAX_UNPACKED {
        let what = format!(
            "`{DOCUMENT}` unpacks to more than {} MiB",
            MAX_UNPACKED >> 20
        );
        return Err(place.refuse(
            what,
            "no configuration is that large; is it the right file?",
        ));
    }
    Ok(unpacked)
}

/// Whether whoever unpacks it by its name would write elsewhere.
fn leads_out(name: &str) -> bool {
    let drive = name.get(1..2) == Some(":");
    let parts = name.split(['/', '\\']);
    drive || name.starts_with(['/', '\\']) || parts.into_iter().any(|part| part == "..")
}

fn broken(place: &Place, error: &dyn std::fmt::Display) -> TopologyError {
    place.refuse(
        format!("the archive cannot be read: {error}"),
        "it was cut off or changed on its way; copy it again",
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .expect("an entry");
            writer.write_all(content).expect("its content");
        }
        writer.finish().expect("an archive").into_inner()
    }

    fn unpack(bytes: &[u8]) -> Result<Vec<u8>, String> {
        document(&Place::file("c.zip"), bytes).map_err(|error| error.to_string())
    }

    #[test]
    fn the_document_is_found_among_others() {
        let bytes = archive(&[
            ("[Content_Types].xml", b"<x/>"),
            (DOCUMENT, b"<DocItemSet/>"),
        ]);
        assert_eq!(unpack(&bytes), Ok(b"<DocItemSet/>".to_vec()));
    }

    #[test]
    fn an_archive_without_a_topology_says_what_it_holds() {
        let bytes = archive(&[("report.docx", b"x")]);
        let error = unpack(&bytes).expect_err("no document");
        assert!(error.contains("which holds `report.docx`"), "{error}");
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_refused_and_leads_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = folder.path().join("DocItemSet.xml");
        let name = format!("../../../../../../..{}", outside.display());
        for name in [name.as_str(), "a/../../b", "/etc/x", "C:\\x", "..\\x"] {
            let bytes = archive(&[(name, b"x"), (DOCUMENT, b"<DocItemSet/>")]);
            let error = unpack(&bytes).expect_err(name);
            assert!(error.contains("leads out of a folder"), "{name}: {error}");
        }
        assert!(!outside.exists(), "nothing is ever written");
        let dots = archive(&[("a..b/..c", b"x"), (DOCUMENT, b"<DocItemSet/>")]);
        assert!(unpack(&dots).is_ok());
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let zeros = vec![b' '; usize::try_from(MAX_UNPACKED).expect("fits") + 1];
        let bytes = archive(&[(DOCUMENT, &zeros)]);
        assert!(bytes.len() < 1 << 20, "it is small as a file");
        assert!(unpack(&bytes).is_err_and(|why| why.contains("more than 64 MiB")));
    }

    #[test]
    fn half_an_archive_is_called_so() {
        let bytes = archive(&[(DOCUMENT, b"<DocItemSet/>")]);
        assert!(unpack(&bytes[..bytes.len() / 2]).is_err_and(|why| why.contains("cut off")));
    }
}
