//! The CAs as a tree: roots, what is between, the issuing CAs, and their leaves.

use std::collections::HashMap;

use crate::model::report::{Ca, RunReport};
use crate::report::html::shown::{self, Symbol};
use crate::report::html::survey::{LeafSeen, Survey};
use crate::report::text;

/// The most issuing CAs that are drawn.
const CAS: usize = 40;
/// The most leaves of a CA that are named.
const LEAVES: usize = 6;
/// The deepest level that is drawn; what lies between is left out.
const DEEPEST: usize = 8;

/// The tree, flat, as the template walks it.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) steps: Vec<Step>,
    /// What is not drawn.
    pub(super) more: Option<String>,
}

/// One step of a walk through the tree.
pub(super) enum Step {
    Node(Box<Node>),
    /// The children of the node before begin.
    Down,
    /// They end.
    Up,
    /// The node itself ends.
    End,
}

/// A CA, issuing or above.
#[derive(Default)]
pub(super) struct Node {
    pub(super) symbol: Option<Symbol>,
    pub(super) name: String,
    pub(super) rest: String,
    pub(super) facts: String,
    pub(super) wrong: bool,
    pub(super) leaves: Vec<LeafLine>,
    pub(super) more: Option<String>,
}

/// A leaf under its CA.
pub(super) struct LeafLine {
    pub(super) name: String,
    pub(super) facts: String,
}

/// A node and what is below it, while the tree grows.
#[derive(Default)]
struct Branch {
    node: Node,
    /// The name that it is merged by; none for issuing CAs, which are apart even where their names are alike.
    key: Option<String>,
    children: Vec<Self>,
}

impl Tree {
    pub(super) fn of(report: &RunReport, survey: &Survey) -> Self {
        let mut top = Branch::default();
        let mut leaves = leaves(survey);
        for place in drawn(report, survey) {
            let above = above(report, survey, place);
            let mut branch = &mut top;
            for (key, node) in above {
                branch = branch.child(key, node);
            }
            branch.children.push(Branch {
                node: issuing(report, survey, place, leaves.remove(&place)),
                ..Branch::default()
            });
        }
        let mut tree = Self::default();
        top.children.into_iter().for_each(|child| tree.walk(child));
        let rest = report.cas.len().saturating_sub(CAS);
        tree.more = (rest > 0).then(|| format!("and {} not drawn", text::count(rest, "more CA")));
        tree
    }

    fn walk(&mut self, branch: Branch) {
        self.steps.push(Step::Node(Box::new(branch.node)));
        if !branch.children.is_empty() {
            self.steps.push(Step::Down);
            branch
                .children
                .into_iter()
                .for_each(|child| self.walk(child));
            self.steps.push(Step::Up);
        }
        self.steps.push(Step::End);
    }
}

impl Branch {
    fn child(&mut self, key: String, node: Node) -> &mut Self {
        let known = self
            .children
            .iter()
            .position(|child| child.key.as_ref() == Some(&key));
        let place = known.unwrap_or_else(|| {
            self.children.push(Self {
                node,
                key: Some(key),
                children: Vec::new(),
            });
            self.children.len() - 1
        });
        &mut self.children[place]
    }
}

/// The CAs that are drawn: those that endpoints are wrong to have first of all, in the report's order.
fn drawn(report: &RunReport, survey: &Survey) -> Vec<usize> {
    let mut places: Vec<usize> = (0..report.cas.len()).collect();
    let reference = |place: &usize| {
        let id = Some(&report.cas[*place].id);
        report
            .groups
            .iter()
            .any(|group| group.reference.as_ref() == id)
    };
    places.sort_by_key(|place| (!reference(place), !survey.wrong.contains_key(place)));
    places.truncate(CAS);
    places.sort_unstable();
    places
}

/// What is above an issuing CA, the root first.
fn above(report: &RunReport, survey: &Survey, place: usize) -> Vec<(String, Node)> {
    let ca = &report.cas[place];
    let path = survey.ancestry.get(&place);
    let links = path.map_or(&[][..], |proof| &proof.path);
    let complete = path.is_some_and(|proof| proof.complete);
    let mut nodes = Vec::new();
    for link in links.iter().skip(1).rev() {
        let (name, rest) = shown::parted(&link.subject);
        nodes.push((
            format!("={}", link.subject),
            Node {
                name,
                rest,
                ..Node::default()
            },
        ));
    }
    nodes.truncate(DEEPEST);
    if let Some((_, root)) = nodes.first_mut().filter(|_| complete) {
        root.facts = "root".to_owned();
    } else if let Some(root) = ca
        .roots
        .first()
        .filter(|root| **root != ca.name && !complete)
    {
        let (name, rest) = shown::parted(root);
        let facts = "root".to_owned();
        nodes.insert(
            0,
            (
                format!("={root}"),
                Node {
                    name,
                    rest,
                    facts,
                    ..Node::default()
                },
            ),
        );
    } else if !complete {
        let node = Node {
            name: "root not known".to_owned(),
            facts: "no certificate above was found; --ca-file gives one".to_owned(),
            ..Node::default()
        };
        // Each CA has an unknown root of its own: nothing says that they are one.
        nodes.insert(0, (format!("?{place}"), node));
    }
    nodes
}

fn issuing(
    report: &RunReport,
    survey: &Survey,
    place: usize,
    leaves: Option<Vec<&LeafSeen>>,
) -> Node {
    let ca = &report.cas[place];
    let (name, rest) = shown::parted(&ca.name);
    let leaves = leaves.unwrap_or_default();
    let more = leaves.len().saturating_sub(LEAVES);
    Node {
        symbol: Some(shown::symbol(place)),
        name,
        rest,
        facts: facts(report, ca, place),
        wrong: survey.wrong.contains_key(&place),
        more: (more > 0).then(|| format!("and {}", text::count(more, "more certificate"))),
        leaves: leaves.into_iter().take(LEAVES).map(line).collect(),
    }
}

fn facts(report: &RunReport, ca: &Ca, place: usize) -> String {
    let count = |number, one| text::count(usize::try_from(number).unwrap_or(usize::MAX), one);
    let mut facts = vec![
        ca.evidence.word().to_owned(),
        count(ca.endpoints, "endpoint"),
        count(ca.leaves, "certificate"),
    ];
    let is_reference = |id: &String| *id == ca.id;
    if report
        .groups
        .iter()
        .any(|group| group.reference.as_ref().is_some_and(is_reference))
    {
        facts.push("reference".to_owned());
    }
    if ca.roots.contains(&ca.name) {
        facts.push("itself a root".to_owned());
    }
    if ca.roots.len() > 1 {
        facts.push(format!("{} roots", ca.roots.len()));
    }
    let alike = |(other, its): (usize, &Ca)| other != place && its.name == ca.name;
    if report.cas.iter().enumerate().any(alike) {
        facts.push(match (&ca.key_id, ca.spki_sha256) {
            (Some(key), _) => format!("key id {}", shown::name(key)),
            (None, Some(key)) => format!("key sha256 {key}"),
            (None, None) => "key not known".to_owned(),
        });
    }
    facts.join(", ")
}

/// The leaves of each CA, those that end first in front.
fn leaves(survey: &Survey) -> HashMap<usize, Vec<&LeafSeen>> {
    let mut leaves: HashMap<usize, Vec<&LeafSeen>> = HashMap::new();
    for leaf in survey.leaves.values() {
        if let Some(place) = leaf.ca {
            leaves.entry(place).or_default().push(leaf);
        }
    }
    for of_ca in leaves.values_mut() {
        of_ca.sort_by_key(|leaf| (leaf.end.is_none(), leaf.end, leaf.row));
    }
    leaves
}

fn line(leaf: &LeafSeen) -> LeafLine {
    let until = leaf.end.map_or_else(
        || "end not known".to_owned(),
        |end| format!("until {}", end.date()),
    );
    let endpoints = usize::try_from(leaf.endpoints).unwrap_or(usize::MAX);
    LeafLine {
        name: leaf.name.clone(),
        facts: format!("{until}, {}", text::count(endpoints, "endpoint")),
    }
}
