//! Which results are written, in which form and where.

use std::path::PathBuf;

use super::UsageError;
use crate::cli::args::{FormArgs, FormWord, Format};

/// A result that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its form.
    pub format: Format,
    /// The file; absent: standard output.
    pub file: Option<PathBuf>,
}

/// Puts each file to its format: the one before it, or, where that has its file or there is none, the one behind it.
pub(super) fn forms(args: FormArgs) -> Result<Vec<Form>, UsageError> {
    let mut forms: Vec<Form> = Vec::new();
    let mut ahead = None;
    for word in args.words {
        match word {
            FormWord::Format(format) => forms.push(Form {
                format,
                file: ahead.take(),
            }),
            FormWord::File(file) => match forms.last_mut() {
                Some(form) if form.file.is_none() => form.file = Some(file),
                _ if ahead.is_none() => ahead = Some(file),
                _ => return Err(UsageError::FileWithoutFormat(file)),
            },
        }
    }
    match ahead {
        Some(file) if forms.is_empty() => forms.push(Form {
            format: Format::Table,
            file: Some(file),
        }),
        Some(file) => return Err(UsageError::FileWithoutFormat(file)),
        None if forms.is_empty() => forms.push(Form {
            format: Format::Table,
            file: None,
        }),
        None => {}
    }
    apart(forms)
}

/// Refuses two results in one place.
fn apart(mut forms: Vec<Form>) -> Result<Vec<Form>, UsageError> {
    for form in &mut forms {
        form.file = form.file.take().filter(|file| file.as_os_str() != "-");
    }
    for (number, form) in forms.iter().enumerate() {
        if forms
            .iter()
            .skip(number + 1)
            .any(|other| other.file == form.file)
        {
            return Err(match &form.file {
                Some(file) => UsageError::SameFile(file.clone()),
                None => UsageError::StandardOutputTwice,
            });
        }
    }
    Ok(forms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[FormWord]) -> Result<Vec<(Format, Option<&str>)>, UsageError> {
        let words = words.to_vec();
        let forms = forms(FormArgs { words })?;
        Ok(forms
            .into_iter()
            .map(|form| {
                let file = form.file.map(|file| file.display().to_string());
                (form.format, file.map(|file| &*file.leak()))
            })
            .collect())
    }

    fn file(name: &str) -> FormWord {
        FormWord::File(name.into())
    }

    const JSON: FormWord = FormWord::Format(Format::Json);
    const PEM: FormWord = FormWord::Format(Format::Pem);

    #[test]
    fn without_a_word_it_is_a_table_on_standard_output() {
        assert_eq!(of(&[]), Ok(vec![(Format::Table, None)]));
        assert_eq!(of(&[file("-")]), Ok(vec![(Format::Table, None)]));
        assert_eq!(of(&[file("a")]), Ok(vec![(Format::Table, Some("a"))]));
    }

    #[test]
    fn one_of_each_belong_together_in_either_order() {
        let wanted = Ok(vec![(Format::Json, Some("a"))]);
        assert_eq!(of(&[JSON, file("a")]), wanted);
        assert_eq!(of(&[file("a"), JSON]), wanted);
    }

    #[test]
    fn a_file_belongs_to_the_format_before_it() {
        let both = Ok(vec![(Format::Json, Some("a")), (Format::Pem, Some("b"))]);
        assert_eq!(of(&[JSON, file("a"), PEM, file("b")]), both);
        assert_eq!(of(&[file("a"), JSON, file("b"), PEM]), both);
        let one = Ok(vec![(Format::Json, None), (Format::Pem, Some("b"))]);
        assert_eq!(of(&[JSON, PEM, file("b")]), one);
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        let astray = Err(UsageError::FileWithoutFormat("b".into()));
        assert_eq!(of(&[JSON, file("a"), file("b")]), astray);
        assert_eq!(of(&[JSON, PEM, file("a"), file("b")]), astray);
        assert_eq!(of(&[file("a"), file("b"), JSON]), astray);
        let twice = Err(UsageError::StandardOutputTwice);
        assert_eq!(of(&[JSON, PEM]), twice);
        assert_eq!(of(&[JSON, file("-"), PEM]), twice);
        let same = Err(UsageError::SameFile("a".into()));
        assert_eq!(of(&[JSON, file("a"), PEM, file("a")]), same);
    }
}
