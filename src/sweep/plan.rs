//! What a sweep does in which order: a numbered sequence of items, the same in every run with the same arguments.
//!
//! | items | order |
//! |---|---|
//! | the hosts and certificate files of estates | as given |
//! | the addresses and ports of the ranges | by the permutation |
//! | host names among the arguments | as given |
//! | lines of lists; each address and port of a range there is an item | as they come |

use std::io;
use std::net::SocketAddr;

use crate::inventory::{self, InventoryError, Selection, Swept};
use crate::model::target::{FileTarget, Inventory, Port, Role, Target};
use crate::sweep::ledger::{Ledger, Shard};
use crate::sweep::lines::{Line, Lines, List};
use crate::sweep::permutation::Permutation;
use crate::sweep::space::Space;

/// What is to be swept, as far as it is known before lists are read.
pub struct Scope {
    /// What must be there.
    pub estate: Inventory,
    /// Ranges of the arguments.
    pub space: Space,
    /// Hosts of the arguments, each with its services.
    pub hosts: Vec<Vec<Target>>,
    /// Lists, still to be read.
    pub lists: Vec<List>,
    /// What the options say for lines of lists.
    pub selection: Selection,
    /// The most addresses and ports that one line may stand for.
    pub largest_line: u64,
    /// What decides on the order.
    pub seed: u64,
    /// The part of it that is done here.
    pub shard: Shard,
}

/// One step of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// An address of a range.
    Address(SocketAddr, Role),
    /// The services of a host.
    Host(Vec<Target>),
    /// The services of a host of the estate.
    Expected(Vec<Target>),
    /// A certificate file of the estate.
    File(FileTarget),
    /// A line that names something which the ranges hold already.
    Known,
    /// A line that is wrong.
    Wrong(InventoryError),
}

/// The items that are left, one after the other.
pub(super) struct Plan {
    expected: Vec<Vec<Target>>,
    files: Vec<FileTarget>,
    space: Space,
    order: Permutation,
    hosts: Vec<Vec<Target>>,
    listed: Listed,
    shard: Shard,
}

impl Plan {
    pub(super) fn new(scope: Scope) -> Self {
        let expected = by_host(scope.estate.targets);
        let files = scope.estate.files;
        let order = Permutation::new(scope.space.size(), scope.seed);
        let count = expected.len() + files.len() + scope.hosts.len();
        let begin = count as u64 + scope.space.size();
        Self {
            listed: Listed {
                has_more: !scope.lists.is_empty(),
                lines: Lines::of(scope.lists),
                current: None,
                begin,
                seed: scope.seed,
                selection: scope.selection,
                largest: scope.largest_line,
            },
            expected,
            files,
            order,
            space: scope.space,
            hosts: scope.hosts,
            shard: scope.shard,
        }
    }

    /// How many items there are; those of lists are not counted before they are read.
    pub(super) fn size(&self) -> u64 {
        let fixed = self.expected.len() + self.files.len() + self.hosts.len();
        self.shard.share(fixed as u64 + self.space.size())
    }

    /// Whether lists may still add items to that.
    pub(super) fn may_grow(&self) -> bool {
        self.listed.has_more
    }

    /// The first item from the number on that is left, with its number. A future that is dropped loses nothing.
    pub(super) async fn next(
        &mut self,
        from: u64,
        ledger: &Ledger,
    ) -> io::Result<Option<(u64, Item)>> {
        let number = ledger.first_left(from, self.shard);
        match self.fixed(number) {
            Some(item) => Ok(Some((number, item))),
            None => Ok(self
                .listed
                .item(number, &self.space)
                .await?
                .map(|item| (number, item))),
        }
    }

    fn fixed(&self, number: u64) -> Option<Item> {
        let mut at = number;
        if let Some(targets) = nth(&self.expected, &mut at) {
            return Some(Item::Expected(targets.clone()));
        }
        if let Some(file) = nth(&self.files, &mut at) {
            return Some(Item::File(file.clone()));
        }
        if at < self.space.size() {
            return Some(Item::Address(
                self.space.pair(self.order.at(at)),
                Role::Peer,
            ));
        }
        at -= self.space.size();
        nth(&self.hosts, &mut at).map(|targets| Item::Host(targets.clone()))
    }
}

/// The element at a place, or the place behind all of them.
fn nth<'t, T>(list: &'t [T], at: &mut u64) -> Option<&'t T> {
    let found = usize::try_from(*at).ok().and_then(|at| list.get(at));
    if found.is_none() {
        *at -= list.len() as u64;
    }
    found
}

/// The services of each host together, so that its name is resolved once.
fn by_host(targets: Vec<Target>) -> Vec<Vec<Target>> {
    let mut hosts: Vec<Vec<Target>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for target in targets {
        let place = *places.entry(target.host.clone()).or_insert(hosts.len());
        match hosts.get_mut(place) {
            Some(host) => host.push(target),
            None => hosts.push(vec![target]),
        }
    }
    hosts
}

/// The items of lists, which are known one line at a time.
struct Listed {
    lines: Lines,
    has_more: bool,
    current: Option<Current>,
    /// The number of the first item after those of the lines read.
    begin: u64,
    seed: u64,
    selection: Selection,
    largest: u64,
}

/// What the line stands for whose items are being handed out.
enum Current {
    Range {
        begin: u64,
        space: Space,
        order: Permutation,
        role: Role,
    },
    One {
        number: u64,
        item: Item,
    },
}

impl Listed {
    async fn item(&mut self, number: u64, known: &Space) -> io::Result<Option<Item>> {
        loop {
            if number < self.begin {
                return Ok(self
                    .current
                    .as_ref()
                    .and_then(|current| current.item(number, known)));
            }
            let Some(line) = self.lines.next().await? else {
                self.has_more = false;
                return Ok(None);
            };
            self.take(&line);
        }
    }

    fn take(&mut self, line: &Line) {
        let found = match &line.text {
            Ok(text) => inventory::swept_line(&line.source, line.number, text, &self.selection),
            Err(reason) => Err(InventoryError::of_line(&line.source, line.number, reason)),
        };
        let current = match found {
            Ok(None) => return,
            Ok(Some(Swept::Host(targets))) => self.one(Item::Host(targets)),
            Ok(Some(Swept::Range { role, range, ports })) => {
                let wanted: Vec<(inventory::Range, Port)> =
                    ports.into_iter().map(|port| (range, port)).collect();
                match Space::new(&wanted, &[]) {
                    Ok(space) if space.size() <= self.largest => self.range(space, role),
                    _ => {
                        let reason = format!(
                            "more than {} addresses and ports on one line; add --yes if that is meant",
                            self.largest
                        );
                        self.one(Item::Wrong(InventoryError::of_line(
                            &line.source,
                            line.number,
                            &reason,
                        )))
                    }
                }
            }
            Err(error) => self.one(Item::Wrong(error)),
        };
        self.current = Some(current);
    }

    fn one(&mut self, item: Item) -> Current {
        let number = self.begin;
        self.begin += 1;
        Current::One { number, item }
    }

    fn range(&mut self, space: Space, role: Role) -> Current {
        let begin = self.begin;
        self.begin += space.size();
        Current::Range {
            begin,
            order: Permutation::new(space.size(), self.seed),
            space,
            role,
        }
    }
}

impl Current {
    fn item(&self, number: u64, known: &Space) -> Option<Item> {
        match self {
            Self::One { number: at, item } => (*at == number).then(|| item.clone()),
            Self::Range {
                begin,
                space,
                order,
                role,
            } => {
                let at = number.checked_sub(*begin)?;
                let pair = space.pair(order.at(at));
                let port = Port::new(pair.port())?;
                Some(match known.contains(pair.ip(), port) {
                    true => Item::Known,
                    false => Item::Address(pair, *role),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn scope(shard: Shard) -> Scope {
        let (range, _) = inventory::range("10.0.0.0/28")
            .expect("a range")
            .expect("a range");
        let port = Port::HTTPS;
        let text = "lync01\n# none\n10.0.0.1\n10.1.0.0/29\nlync 02\nlync03:1,2\n10.0.0.0/8\n";
        let Ok(Swept::Host(host)) = inventory::swept("lync00", &Selection::default()) else {
            panic!("a host");
        };
        Scope {
            estate: Inventory::default(),
            space: Space::new(&[(range, port)], &[]).expect("few"),
            hosts: vec![host],
            lists: vec![("l.txt".to_owned(), Box::new(Cursor::new(text)))],
            selection: Selection::default(),
            largest_line: 1000,
            seed: 7,
            shard,
        }
    }

    async fn all(shard: Shard, ledger: &Ledger) -> Vec<(u64, String)> {
        let mut plan = Plan::new(scope(shard));
        let (mut from, mut found) = (0, Vec::new());
        while let Some((number, item)) = plan.next(from, ledger).await.expect("memory can be read")
        {
            let word = match item {
                Item::Address(address, _) => address.to_string(),
                Item::Host(targets) => format!("{} x{}", targets[0].host, targets.len()),
                Item::Wrong(error) => error.to_string(),
                other => format!("{other:?}"),
            };
            found.push((number, word));
            from = number + 1;
        }
        found
    }

    #[tokio::test]
    async fn every_part_of_the_scope_has_its_items_in_a_fixed_order() {
        let found = all(Shard::WHOLE, &Ledger::default()).await;
        let numbers: Vec<u64> = found.iter().map(|(number, _)| *number).collect();
        assert_eq!(
            numbers,
            (0..16 + 1 + 1 + 1 + 8 + 1 + 1 + 1).collect::<Vec<_>>()
        );
        let words: Vec<&str> = found.iter().map(|(_, word)| word.as_str()).collect();
        let mut space: Vec<&str> = words[..16].to_vec();
        assert_ne!(
            space[..4],
            [
                "10.0.0.0:443",
                "10.0.0.1:443",
                "10.0.0.2:443",
                "10.0.0.3:443"
            ]
        );
        space.sort_unstable();
        space.dedup();
        assert_eq!(space.len(), 16);
        assert_eq!(words[16..19], ["lync00 x1", "lync01 x1", "Known"]);
        assert!(
            words[19..27].iter().all(|word| word.starts_with("10.1.0.")),
            "{words:?}"
        );
        assert!(words[27].starts_with("l.txt:5: "), "{}", words[27]);
        assert_eq!(words[28], "lync03 x2");
        assert!(words[29].contains("--yes"), "{}", words[29]);
        assert_eq!(found, all(Shard::WHOLE, &Ledger::default()).await);
    }

    #[tokio::test]
    async fn shards_and_what_is_left_of_a_run_are_parts_of_the_same_sequence() {
        let whole = all(Shard::WHOLE, &Ledger::default()).await;
        let mut parts = Vec::new();
        for index in 0..3 {
            let shard = Shard::new(index, 3).expect("below the count");
            parts.extend(all(shard, &Ledger::default()).await);
        }
        parts.sort_unstable();
        assert_eq!(parts, whole);
        let left = all(Shard::WHOLE, &Ledger::new(20, [2, 17])).await;
        let expected: Vec<_> = whole
            .into_iter()
            .filter(|(n, _)| [2, 17].contains(n) || *n >= 20)
            .collect();
        assert_eq!(left, expected);
    }
}
