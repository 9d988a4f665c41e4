//! Address, user and database of a secret that does not name them.

use super::live_backend::LiveBackend;
use crate::rotation::secret_document::SecretDocument;

impl LiveBackend {
    /// Looks up what a secret's text leaves open: of a bare password the user, the address and the database, of an object
    /// without an address that one. What the operator gave stays.
    pub(super) async fn look_up_place(&mut self, text: &str) {
        let document = SecretDocument::parse(text).ok();
        let has_address = document
            .as_ref()
            .is_some_and(|document| document.address().is_some());
        if has_address || self.is_place_known {
            return;
        }
        self.is_place_known = true;
        let place = self
            .services
            .aws
            .resources
            .database_place(&self.deployment)
            .await;
        self.neo4j_uri = self.neo4j_uri.take().or(place.uri);
        if document.is_none() {
            self.user = self.user.take().or(place.user);
            self.database = place.database;
            self.look_up_copies().await;
        }
    }
}
