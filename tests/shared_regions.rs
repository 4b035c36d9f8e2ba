//! Promise: a region that processes share is there whole under its name or not at all; whoever opens it finds what was created,
//! and anything else that a name leads to is an error that says what it is.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::env;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use ringmill::array::{ArrayError, AtomicArray};
use ringmill::memory::shared::{self, EntryState, HeaderError, Kind, Place, SharedError, SharedRegion};

/// What a child of these tests does; a test like any other, which does nothing unless it is one.
#[test]
fn role() {
    let Ok(role) = env::var("RINGMILL_TEST_ROLE") else { return };
    let name = env::var("RINGMILL_TEST_NAME").unwrap();
    match role.as_str() {
        "create" => drop(AtomicArray::<u64>::create_named(name, 10).unwrap()),
        "fail to create" => println!("<{}>", AtomicArray::<u64>::create_named(name, 10).unwrap_err()),
        "list" => println!("<{}>", listing()),
        "unlink" => shared::unlink(name).unwrap(),
        "add" => {
            let counts = AtomicArray::<u64>::open_or_create_named(name, 4).unwrap();
            for number in 0..40_000 {
                counts.view().add(number % 4, 1).unwrap();
            }
        }
        "create and remove" => loop {
            let _ = AtomicArray::<u64>::create_named(name.clone(), 1 << 18);
            let _ = shared::unlink(name.clone());
        },
        other => panic!("{other}"),
    }
}

/// This program in a process of its own, with a folder of names of its own.
fn child(role: &str, name: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["role", "--exact", "--nocapture"]);
    with(&mut command, role, name, folder);
    command
}

fn with<'a>(command: &'a mut Command, role: &str, name: &str, folder: &Path) -> &'a mut Command {
    command
        .env("RINGMILL_TEST_ROLE", role)
        .env("RINGMILL_TEST_NAME", name)
        .env("RINGMILL_SHM_DIR", folder)
        .stdout(Stdio::piped())
}

/// Runs a child to its end, and returns what it said in angle brackets.
fn said(mut child: Command) -> String {
    let output = child.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let inner = text.split_once('<').and_then(|(_, text)| text.rsplit_once('>'));
    inner.map_or(String::new(), |(text, _)| text.to_owned())
}

fn listing() -> String {
    let shown = |entry: shared::Entry| {
        let state = match entry.state {
            EntryState::Ready(header) => format!("{} {:?}", header.kind(), header.dimensions()),
            EntryState::Unfinished => "unfinished".to_owned(),
            EntryState::LeftOver => "left over".to_owned(),
            other => format!("{other:?}"),
        };
        format!("{}: {state}", entry.name)
    };
    shared::list().unwrap().into_iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A region in a file of its own.
struct Made {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

fn made() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made");
    AtomicArray::<u64>::create_named(Place::file(&path), 1000).unwrap();
    Made { path, _folder: folder }
}

fn refused(place: Place) -> SharedError {
    match AtomicArray::<u64>::open_named(place) {
        Err(ArrayError::Shared(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_created_is_found_by_its_name() {
    let name = format!("ringmill-test-{}", std::process::id());
    let ours = AtomicArray::<u64>::create_named(name.as_str(), 10).unwrap();
    let theirs = AtomicArray::<u64>::open_named(name.as_str()).unwrap();
    ours.view().store(9, 77).unwrap();
    assert_eq!(theirs.view().load(9).unwrap(), 77);
    assert_eq!(theirs.view().len(), 10);
    let (ours, theirs) = (ours.region().unwrap(), theirs.region().unwrap());
    assert_eq!(ours.header(), theirs.header());
    assert_eq!(theirs.header().kind(), Kind::AtomicArray);
    assert_eq!(theirs.header().element_text(), "u64");
    assert_eq!(theirs.header().creator().process, std::process::id());
    let found = fs::metadata(theirs.path()).unwrap();
    assert_eq!(found.mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(theirs.path().parent().unwrap()).unwrap().mode() & 0o777, 0o700);
    let entries = shared::list().unwrap();
    let entry = entries.iter().find(|entry| entry.name == name).unwrap();
    assert!(matches!(&entry.state, EntryState::Ready(header) if header.id() == ours.header().id()));

    let again = AtomicArray::<u64>::create_named(name.as_str(), 10).unwrap_err();
    assert!(matches!(again, ArrayError::Shared(SharedError::Exists { .. })), "{again}");
    shared::unlink(name.as_str()).unwrap();
    assert!(matches!(refused(name.as_str().into()), SharedError::Missing { .. }));
    assert!(matches!(shared::unlink(name.as_str()), Err(SharedError::Missing { .. })));
    // Whoever has it keeps it.
    ours.check().unwrap();
}

#[test]
fn no_two_regions_have_one_id() {
    let (one, two) = (made(), made());
    let id = |made: &Made| SharedRegion::inspect(&Place::file(&made.path)).unwrap().header().id();
    assert_ne!(id(&one), id(&two));
    assert_eq!(id(&one).to_string().len(), 32);
}

#[test]
fn processes_add_to_the_same_elements() {
    let folder = tempfile::tempdir().unwrap();
    let names = folder.path().join("names");
    for round in 0..3 {
        let name = format!("counts-{round}");
        let children: Vec<_> = (0..4).map(|_| child("add", &name, &names).spawn().unwrap()).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let counts = AtomicArray::<u64>::open_named(Place::file(names.join(name))).unwrap();
        for index in 0..4 {
            assert_eq!(counts.view().load(index).unwrap(), 40_000);
        }
    }
    assert_eq!(files(&names), ["counts-0", "counts-1", "counts-2"]);
    assert_eq!(fs::metadata(&names).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn of_those_who_create_at_once_one_does() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..50 {
        let place = Place::file(folder.path().join(round.to_string()));
        let outcomes: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| AtomicArray::<u8>::create_named(place.clone(), 100))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for error in outcomes.into_iter().filter_map(Result::err) {
            assert!(matches!(error, ArrayError::Shared(SharedError::Exists { .. })), "{error}");
        }
        let place = Place::file(folder.path().join(format!("{round}-or")));
        let mut ids: Vec<_> = thread::scope(|scope| {
            let open = || AtomicArray::<u8>::open_or_create_named(place.clone(), 100).unwrap();
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(move || open().region().unwrap().header().id())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        ids.dedup();
        assert_eq!(ids.len(), 1);
    }
    assert_eq!(files(folder.path()).len(), 100);
}

#[test]
fn what_a_killed_creator_leaves_is_found_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let names = folder.path().join("names");
    fs::create_dir(&names).unwrap();
    fs::set_permissions(&names, fs::Permissions::from_mode(0o700)).unwrap();
    for kill in 0..30 {
        let mut creator = child("create and remove", "x", &names).spawn().unwrap();
        thread::sleep(Duration::from_micros(30_000 + 700 * kill));
        creator.kill().unwrap();
        creator.wait().unwrap();
        for file in files(&names).iter().filter(|file| *file == "x") {
            AtomicArray::<u64>::open_named(Place::file(names.join(file))).unwrap();
        }
        let listed = said(child("list", "", &names));
        for entry in listed.split(", ").filter(|entry| !entry.is_empty()) {
            assert!(["x: left over", "x: atomic array [262144]"].contains(&entry), "{entry}");
        }
        if !files(&names).is_empty() {
            said(child("unlink", "x", &names));
        }
        assert_eq!(files(&names), [""; 0]);
    }
}

#[test]
fn a_region_that_is_being_made_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let names = folder.path().join("names");
    said(child("create", "whole", &names));
    for file in [".left.12-3.part", ".busy.12-3.part", ".unlike.part", "sp ace"] {
        fs::write(names.join(file), "").unwrap();
    }
    let busy = fs::File::open(names.join(".busy.12-3.part")).unwrap();
    busy.lock().unwrap();
    let listed = said(child("list", "", &names));
    assert_eq!(listed, "busy: unfinished, left: left over, whole: atomic array [10]");
    said(child("unlink", "left", &names));
    assert!(!child("unlink", "busy", &names).stderr(Stdio::null()).status().unwrap().success());
    assert_eq!(files(&names), [".busy.12-3.part", ".unlike.part", "sp ace", "whole"]);
}

#[test]
fn the_mask_for_new_files_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = env::current_exe().unwrap();
    for mask in ["000", "022", "277", "777"] {
        let names = folder.path().join(mask);
        fs::create_dir(&names).unwrap();
        fs::set_permissions(&names, fs::Permissions::from_mode(0o700)).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("umask {mask}; exec \"$0\" role --exact")]).arg(&program);
        with(&mut shell, "create", "x", &names);
        assert!(shell.status().unwrap().success());
        assert_eq!(fs::metadata(names.join("x")).unwrap().mode() & 0o777, 0o600, "{mask}");
    }
}

#[test]
fn names_lie_in_a_folder_that_only_their_user_can_write_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names");
    let why = || said(child("fail to create", "x", &path));
    fs::write(&path, "").unwrap();
    assert!(why().ends_with("names: is no directory"), "{}", why());
    fs::remove_file(&path).unwrap();
    symlink(folder.path(), &path).unwrap();
    assert!(why().contains("names: is "), "{}", why());
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o770)).unwrap();
    assert!(why().ends_with("names: others than its owner may write to it"), "{}", why());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    if std::os::unix::fs::chown(&path, Some(12_345), None).is_ok() {
        assert!(why().ends_with("names: belongs to another user"), "{}", why());
        fs::remove_dir(&path).unwrap();
    } else {
        println!("skipped: only the superuser can give a folder away");
    }
    assert_eq!(files(folder.path()).len(), usize::from(path.exists()));
    for name in ["", ".x", "a/b", "../x", "a b", &"x".repeat(201)] {
        let error = AtomicArray::<u64>::create_named(name, 1).unwrap_err();
        assert!(matches!(error, ArrayError::Shared(SharedError::BadName { .. })), "{name}: {error}");
    }
}

#[test]
fn whatever_else_a_path_leads_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| Place::file(folder.path().join(name));
    let Made { path, .. } = &made();
    symlink(path, folder.path().join("link")).unwrap();
    assert!(matches!(refused(at("link")), SharedError::NotAFile { kind: "symbolic link", .. }));
    fs::create_dir(folder.path().join("folder")).unwrap();
    assert!(matches!(refused(at("folder")), SharedError::NotAFile { kind: "directory", .. }));
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    assert!(matches!(refused(at("pipe")), SharedError::NotAFile { kind: "pipe", .. }));
    assert!(matches!(refused(at("nothing")), SharedError::Missing { .. }));
    assert!(matches!(refused(at("no/such")), SharedError::System(_)));
    assert!(matches!(refused(Place::file("/")), SharedError::NotAFile { .. }));
    for text in ["", "price\n", "RINGMILL"] {
        fs::write(folder.path().join("text"), text).unwrap();
        fs::set_permissions(folder.path().join("text"), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(refused(at("text")), SharedError::Header { .. }), "{text}");
    }
    for taken in ["link", "folder", "pipe", "text"] {
        let error = AtomicArray::<u64>::create_named(at(taken), 1).unwrap_err();
        assert!(matches!(error, ArrayError::Shared(SharedError::Exists { .. })), "{taken}: {error}");
    }
}

#[test]
fn a_file_that_others_can_write_to_is_refused_unless_that_is_wanted() {
    let Made { path, .. } = &made();
    let open = |place: Place| AtomicArray::<u64>::open_named(place).map(drop);
    fs::set_permissions(path, fs::Permissions::from_mode(0o660)).unwrap();
    assert_eq!(
        refused(Place::file(path)).to_string().rsplit_once(": ").unwrap().1,
        "others than its owner may write to it (mode 660)"
    );
    open(Place::file(path).any_owner()).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    open(Place::file(path)).unwrap();
    if std::os::unix::fs::chown(path, Some(12_345), None).is_err() {
        println!("skipped: only the superuser can give a file away");
        return;
    }
    assert!(matches!(refused(Place::file(path)), SharedError::ForeignOwner { owner: 12_345, .. }));
    open(Place::file(path).any_owner()).unwrap();
}

#[test]
fn both_shapes_are_shown_where_they_differ() {
    let Made { path, .. } = &made();
    let error = AtomicArray::<u32>::open_named(Place::file(path)).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: holds 'u64', opened as 'u32'", path.display()));
    assert!(matches!(
        AtomicArray::<i64>::open_named(Place::file(path)),
        Err(ArrayError::Shared(SharedError::WrongShape { .. }))
    ));
}

#[test]
fn a_damaged_file_is_an_error() {
    let Made { path, .. } = &made();
    let whole = fs::read(path).unwrap();
    assert_eq!(whole.len(), 4096 + 8000);
    for len in [0, 7, 8, 4095, 4096, whole.len() - 1] {
        fs::write(path, &whole[..len]).unwrap();
        assert!(matches!(refused(Place::file(path)), SharedError::Header { .. }), "{len}");
    }
    fs::write(path, [&whole[..], &[0]].concat()).unwrap();
    assert!(matches!(refused(Place::file(path)), SharedError::Header { .. }));
    for bit in (0..8 * 4096).step_by(97) {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(path, flipped).unwrap();
        assert!(matches!(refused(Place::file(path)), SharedError::Header { .. }), "bit {bit}");
    }
    fs::write(path, &whole).unwrap();
    let open = AtomicArray::<u64>::open_named(Place::file(path)).unwrap();
    let cut = fs::File::options().write(true).open(path).unwrap();
    cut.set_len(4096).unwrap();
    assert_eq!(open.view().load(999).unwrap(), 0, "no signal");
    let error = open.region().unwrap().check().unwrap_err();
    assert!(matches!(error, SharedError::Truncated { found_bytes: 4096, .. }), "{error}");
    assert!(matches!(
        refused(Place::file(path)),
        SharedError::Header { source: HeaderError::Truncated { .. }, .. }
    ));
}

#[test]
fn a_full_file_system_is_an_error_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "ringmill-test"])
        .arg(folder.path())
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("skipped: this process may not mount a small file system");
        return;
    }
    let outcome = std::panic::catch_unwind(|| {
        let place = |name: &str| Place::file(folder.path().join(name));
        let error = AtomicArray::<u64>::create_named(place("large"), 1 << 18).unwrap_err();
        let ArrayError::Shared(SharedError::Full { requested_bytes, .. }) = error else { panic!("{error}") };
        assert_eq!(requested_bytes, 4096 + (1 << 21));
        assert_eq!(files(folder.path()), [""; 0]);
        let small = AtomicArray::<u64>::create_named(place("small"), 1 << 16).unwrap();
        for index in 0..1 << 16 {
            small.view().store(index, 1).unwrap();
        }
        assert!(AtomicArray::<u64>::create_named(place("another"), 1 << 16).is_err());
        assert_eq!(files(folder.path()), ["small"]);
    });
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    outcome.unwrap();
}

#[test]
fn more_than_can_be_addressed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::file(folder.path().join("x"));
    for len in [usize::MAX, usize::MAX / 8, isize::MAX as usize / 8] {
        let error = AtomicArray::<u64>::create_named(place.clone(), len).unwrap_err();
        assert!(matches!(error, ArrayError::Shared(_)), "{error}");
    }
    assert_eq!(files(folder.path()), [""; 0]);
    let empty = AtomicArray::<u64>::create_named(place, 0).unwrap();
    assert!(empty.view().is_empty());
}
