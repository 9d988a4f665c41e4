//! Client secrets that a rotation in this process has replaced: an inline value of the configuration in memory is the old one
//! until the process ends.

use parking_lot::Mutex;

use super::SignIns;
use crate::model::{SecretSource, SecretText};

/// Pairs of a value and the one that is used in its place.
#[derive(Default)]
pub(crate) struct ReplacedSecrets(Mutex<Vec<(SecretText, SecretText)>>);

impl SignIns {
    /// From now on, sign-ins that hold `from` inline use `to`.
    pub(crate) fn replace_client_secret(&self, from: &SecretText, to: &SecretText) {
        let mut pairs = self.replaced.0.lock();
        // What led to the replaced value leads to the new one.
        for (_, used) in pairs.iter_mut().filter(|(_, used)| used == from) {
            *used = to.clone();
        }
        pairs.retain(|(known, used)| known != from && known != used);
        pairs.push((from.clone(), to.clone()));
    }

    /// Returns the value that a source's value stands for now.
    pub(crate) fn client_secret_in_use(
        &self,
        source: &SecretSource,
        value: SecretText,
    ) -> SecretText {
        if !matches!(source, SecretSource::Inline(_)) {
            return value;
        }
        let pairs = self.replaced.0.lock();
        pairs
            .iter()
            .find(|(known, _)| *known == value)
            .map_or(value, |(_, used)| used.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::{ServiceOptions, Services};

    #[test]
    fn an_inline_value_stands_for_the_last_one_that_replaced_it_and_a_roll_back_undoes_it() {
        let sign_ins = Services::new(ServiceOptions::default()).sign_ins;
        let inline = SecretSource::Inline("a".into());
        let used = || sign_ins.client_secret_in_use(&inline, "a".into());
        sign_ins.replace_client_secret(&"a".into(), &"b".into());
        assert_eq!(used(), "b".into());
        sign_ins.replace_client_secret(&"b".into(), &"c".into());
        assert_eq!(used(), "c".into());
        sign_ins.replace_client_secret(&"c".into(), &"a".into());
        assert_eq!(used(), "a".into());
        let variable = SecretSource::Environment("X".into());
        sign_ins.replace_client_secret(&"a".into(), &"d".into());
        assert_eq!(
            sign_ins.client_secret_in_use(&variable, "a".into()),
            "a".into()
        );
    }
}
