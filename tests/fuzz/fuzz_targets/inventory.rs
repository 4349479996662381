//! Any bytes as a list, an estate and an argument: an inventory or errors, the same at every reading, and every target
//! that came out can be typed again.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sameca::inventory::{Builder, InventoryError, Selection};
use sameca::model::target::{Inventory, Role, Target};

fn read(feed: impl Fn(&mut Builder)) -> Result<Inventory, Vec<InventoryError>> {
    let mut builder = Builder::new(Selection::default());
    feed(&mut builder);
    builder.finish()
}

/// The target as it can be typed: a host that is called `file` needs a scheme, as `file:443` is a certificate's path.
fn typed(target: &Target) -> String {
    match target.label() {
        label if label.starts_with("file:") => format!("https://{label}"),
        label => label,
    }
}

fn check(feed: impl Fn(&mut Builder)) {
    let result = read(&feed);
    assert_eq!(result, read(&feed));
    match result {
        Ok(inventory) => inventory.targets.iter().for_each(|target| {
            let again = read(|builder| builder.command_line(Role::Peer, &typed(target)))
                .expect("a label is a target");
            assert_eq!(again.targets.len(), 1);
            assert_eq!(again.targets[0].host, target.host);
            assert_eq!(again.targets[0].port, target.port);
        }),
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| !error.what.is_empty()));
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    check(|builder| builder.list("list", bytes));
    check(|builder| builder.estate(Path::new("estate.toml"), bytes));
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(|builder| builder.command_line(Role::FrontEnd, text));
    }
});
