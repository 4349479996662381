//! Which paths a source file names: `use` declarations, paths in code and in macro calls, resolved as the compiler would
//! as far as names alone tell. Code under `#[cfg(test)]` is left out.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// A path that a file names, with everything known about it resolved: `crate::wire::record::Message`,
/// `std::time::SystemTime::now`, `tokio::net`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The path's segments; a macro's last segment ends with `!`.
    pub(crate) segments: Vec<String>,
    /// The line it stands on, from 1.
    pub(crate) line: usize,
}

/// What one file says about itself and others.
pub(crate) struct File {
    /// Every path named outside of tests, in order.
    pub(crate) named: Vec<Named>,
    /// Lines with an `async` function, block or closure.
    pub(crate) asyncs: Vec<usize>,
    /// The modules declared under `#[cfg(test)]` that are files of their own, as segments from the crate's root.
    pub(crate) test_modules: Vec<Vec<String>>,
}

/// Reads a file that is the module `module` (segments from the crate's root; empty for `lib.rs` and `main.rs`).
pub(crate) fn read(module: &[String], source: &str) -> syn::Result<File> {
    let syntax = syn::parse_file(source)?;
    let mut scopes = Scopes {
        module: module.to_vec(),
        aliases: BTreeMap::new(),
    };
    scopes.visit_file(&syntax);
    let mut reader = Reader {
        module: module.to_vec(),
        aliases: scopes.aliases,
        file: File {
            named: Vec::new(),
            asyncs: Vec::new(),
            test_modules: Vec::new(),
        },
    };
    reader.visit_file(&syntax);
    Ok(reader.file)
}

/// Whether one of the attributes leaves the item out of an ordinary build: `#[test]`, `#[cfg(test)]`, `#[cfg(all(test, …))]`.
fn only_in_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let names_test = |tokens: TokenStream| {
            let text = tokens.to_string();
            text == "test" || text.starts_with("all (test") || text.starts_with("all(test")
        };
        match &attribute.meta {
            syn::Meta::List(list) => list.path.is_ident("cfg") && names_test(list.tokens.clone()),
            syn::Meta::Path(path) => path
                .segments
                .last()
                .is_some_and(|last| last.ident == "test"),
            syn::Meta::NameValue(_) => false,
        }
    })
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// First pass: which local name stands for which path, from `use` declarations and module declarations anywhere in the file.
struct Scopes {
    module: Vec<String>,
    aliases: BTreeMap<String, Vec<String>>,
}

impl<'ast> Visit<'ast> for Scopes {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if only_in_tests(attributes(item)) {
            return;
        }
        match item {
            syn::Item::Use(item) => {
                for (path, alias, _) in leaves(item) {
                    if let Some(alias) = alias {
                        let path = rooted(&self.module, item.leading_colon.is_some(), path);
                        self.aliases.insert(alias, path);
                    }
                }
            }
            syn::Item::Mod(item) => {
                let name = item.ident.to_string();
                self.module.push(name.clone());
                if item.content.is_none() {
                    let path = rooted(&self.module, false, vec!["self".to_owned()]);
                    self.aliases.insert(name, path);
                }
                visit::visit_item_mod(self, item);
                self.module.pop();
            }
            _ => visit::visit_item(self, item),
        }
    }
}

/// Every leaf of a `use` declaration: its path, the name it is bound to (none for globs and `_`), its place.
fn leaves(item: &syn::ItemUse) -> Vec<(Vec<String>, Option<String>, Span)> {
    fn walk(
        tree: &syn::UseTree,
        before: &[String],
        out: &mut Vec<(Vec<String>, Option<String>, Span)>,
    ) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => walk(&path.tree, &with(&path.ident), out),
            syn::UseTree::Group(group) => {
                for item in &group.items {
                    walk(item, before, out);
                }
            }
            syn::UseTree::Glob(glob) => out.push((before.to_vec(), None, glob.span())),
            syn::UseTree::Name(name) if name.ident == "self" => {
                out.push((before.to_vec(), before.last().cloned(), name.span()));
            }
            syn::UseTree::Name(name) => {
                let path = with(&name.ident);
                out.push((path, Some(name.ident.to_string()), name.span()));
            }
            syn::UseTree::Rename(rename) => {
                let alias = (rename.rename != "_").then(|| rename.rename.to_string());
                let path = match rename.ident == "self" {
                    true => before.to_vec(),
                    false => with(&rename.ident),
                };
                out.push((path, alias, rename.span()));
            }
        }
    }
    let mut out = Vec::new();
    walk(&item.tree, &[], &mut out);
    out
}

/// The path with `self`, `super` and `crate` followed from `module`.
fn rooted(module: &[String], external: bool, path: Vec<String>) -> Vec<String> {
    if external {
        return path;
    }
    let mut here = module.to_vec();
    let mut rest = path.as_slice();
    match path.first().map(String::as_str) {
        Some("self") => rest = &rest[1..],
        Some("super") => {
            while rest.first().is_some_and(|segment| segment == "super") {
                here.pop();
                rest = &rest[1..];
            }
        }
        _ => return path,
    }
    [&["crate".to_owned()], here.as_slice(), rest].concat()
}

/// Second pass: what is named.
struct Reader {
    module: Vec<String>,
    aliases: BTreeMap<String, Vec<String>>,
    file: File,
}

impl Reader {
    fn name(&mut self, external: bool, path: Vec<String>, span: Span) {
        let mut segments = rooted(&self.module, external, path);
        let alias = segments.first().and_then(|first| self.aliases.get(first));
        if let (false, Some(meaning)) = (external, alias) {
            segments = [meaning.as_slice(), &segments[1..]].concat();
        } else if let ([only], false) = (segments.as_slice(), external)
            && !only.ends_with('!')
        {
            // A local variable, a type of this module, a name from the prelude.
            return;
        }
        self.file.named.push(Named {
            segments,
            line: span.start().line,
        });
    }

    /// The arguments of a macro are no syntax yet: paths are what looks like one, `a::b::c`, and `name!`.
    fn name_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, wanted: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
        let mut at = 0;
        while at < tokens.len() {
            if let TokenTree::Ident(first) = &tokens[at] {
                let mut path = vec![first.to_string()];
                while is(at + 1, ':') && is(at + 2, ':') {
                    let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else {
                        break;
                    };
                    path.push(next.to_string());
                    at += 3;
                }
                if is(at + 1, '!') && !is(at + 2, '=') {
                    path.last_mut().expect("it starts with one").push('!');
                }
                if path.len() > 1 || path[0].ends_with('!') {
                    self.name(false, path, first.span());
                }
            } else if let TokenTree::Group(group) = &tokens[at] {
                self.name_tokens(group.stream());
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if only_in_tests(attributes(item)) {
            if let syn::Item::Mod(item) = item
                && item.content.is_none()
            {
                let path = [self.module.as_slice(), &[item.ident.to_string()]].concat();
                self.file.test_modules.push(path);
            }
            return;
        }
        if let syn::Item::Use(item) = item {
            for (path, _, span) in leaves(item) {
                // A `use` is resolved from where it stands, not through the names that others bind.
                let segments = rooted(&self.module, item.leading_colon.is_some(), path);
                let line = span.start().line;
                self.file.named.push(Named { segments, line });
            }
            return;
        }
        if let syn::Item::Mod(item) = item {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
            return;
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !only_in_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if let Some(keyword) = &signature.asyncness {
            self.file.asyncs.push(keyword.span().start().line);
        }
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.file.asyncs.push(block.async_token.span().start().line);
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        if let Some(keyword) = &closure.asyncness {
            self.file.asyncs.push(keyword.span().start().line);
        }
        visit::visit_expr_closure(self, closure);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        let external = path.leading_colon.is_some();
        self.name(external, segments.collect(), path.span());
        visit::visit_path(self, path);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.name_tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let mut path: Vec<String> = call
            .path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        path.last_mut().expect("a path has a segment").push('!');
        self.name(call.path.leading_colon.is_some(), path, call.path.span());
        self.name_tokens(call.tokens.clone());
    }
}
