//! The same thing named twice is one thing.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::inventory::entry::Service;
use crate::inventory::refusal::{InventoryError, Refusal};
use crate::model::target::{FileTarget, Host, Port, Target};

/// Services in the order given, each once.
#[derive(Debug, Default)]
pub(super) struct Services {
    given: Vec<Service>,
    by_port: HashMap<(Host, Port), Vec<usize>>,
}

impl Services {
    /// Adds a service, or unites it with the one it repeats.
    ///
    /// The same service is the same host, port, server name and addresses.
    pub(super) fn add(&mut self, service: Service) -> Result<(), InventoryError> {
        let key = (service.target.host.clone(), service.target.port);
        let same_port = self.by_port.entry(key).or_default();
        for index in same_port.iter() {
            let Some(earlier) = self.given.get_mut(*index) else {
                continue;
            };
            refuse_contradiction(earlier, &service)?;
            if earlier.target.sni == service.target.sni
                && earlier.target.addresses == service.target.addresses
            {
                unite(earlier, service);
                return Ok(());
            }
        }
        same_port.push(self.given.len());
        self.given.push(service);
        Ok(())
    }

    /// The services.
    pub(super) fn finish(self) -> Vec<Target> {
        self.given
            .into_iter()
            .map(|service| service.target)
            .collect()
    }
}

fn unite(earlier: &mut Service, later: Service) {
    earlier.target.group = match (earlier.group, later.group) {
        // What was given is stronger than what follows from a role.
        (Some(group), _) | (None, Some(group)) => group,
        (None, None) => earlier.target.group.min(later.target.group),
    };
    earlier.group = earlier.group.or(later.group);
    earlier.sni = earlier.sni.take().or(later.sni);
    earlier.target.roles.extend(later.target.roles);
    earlier.target.requirement = earlier.target.requirement.max(later.target.requirement);
    earlier.target.pool = earlier.target.pool.take().or(later.target.pool);
}

/// One port of one host belongs to one group, and is asked for one name.
fn refuse_contradiction(earlier: &Service, later: &Service) -> Result<(), InventoryError> {
    let label = later.target.label();
    if let (Some(before), Some(now)) = (earlier.group, later.group)
        && before != now
    {
        return Err(later.place.refuse(
            Refusal::new(format!(
                "{label} is put into the group `{now}` here and into `{before}` at {}",
                earlier.place
            ))
            .hint("give it one group"),
        ));
    }
    if let (Some(before), Some(now)) = (&earlier.sni, &later.sni)
        && before != now
    {
        return Err(later.place.refuse(
            Refusal::new(format!(
                "{label} has the sni `{now}` here and `{before}` at {}",
                earlier.place
            ))
            .hint("to ask one server for several names, give each name as `host` with the server's `addresses`"),
        ));
    }
    Ok(())
}

/// Certificate files in the order given, each once.
#[derive(Debug, Default)]
pub(super) struct Files {
    given: Vec<FileTarget>,
    by_path: HashMap<PathBuf, usize>,
}

impl Files {
    /// Adds a file, or unites it with the one it repeats.
    pub(super) fn add(&mut self, file: FileTarget) {
        let next = self.given.len();
        let index = *self.by_path.entry(file.path.clone()).or_insert(next);
        match self.given.get_mut(index) {
            Some(earlier) => {
                earlier.roles.extend(file.roles);
                earlier.group = earlier.group.min(file.group);
                earlier.pool = earlier.pool.take().or(file.pool);
            }
            None => self.given.push(file),
        }
    }

    /// The files.
    pub(super) fn finish(self) -> Vec<FileTarget> {
        self.given
    }
}
