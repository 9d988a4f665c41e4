//! Checks of `WITH`, `RETURN` and `SHOW`: the columns and the variables that remain in scope.

use super::{CheckResult, Checker, Scope, StaticType};
use crate::procedures;
use crate::syntax::{Expr, ExprKind, Projection, ProjectionItem, ShowCommand};

impl Checker<'_> {
    /// Checks a `SHOW` command and returns its columns.
    pub(super) fn show(&mut self, show: &ShowCommand) -> CheckResult<Vec<String>> {
        let all = procedures::shown_columns(show.what);
        let mut columns: Vec<String> = all
            .iter()
            .filter(|(_, shown)| *shown || show.yields.is_some())
            .map(|(name, _)| (*name).to_owned())
            .collect();
        if let Some(yields) = show.yields.as_deref().filter(|yields| !yields.is_empty()) {
            for item in yields {
                if !columns.contains(&item.column) {
                    return self.fail(
                        &format!("Variable `{}` not defined", item.column),
                        item.name.at,
                    );
                }
            }
            columns = yields.iter().map(|item| item.name.text.clone()).collect();
        }
        let mut scope = Scope::default();
        // After `YIELD` only the yielded columns are visible.
        if show.yields.is_none() {
            for (name, _) in all {
                scope.declare(name, StaticType::Any);
            }
        }
        for name in &columns {
            scope.declare(name, StaticType::Any);
        }
        if let Some(predicate) = &show.predicate {
            self.predicate(predicate, &scope)?;
        }
        let mut scope: Scope = columns
            .into_iter()
            .map(|name| (name, StaticType::Any))
            .collect();
        for projection in &show.projections {
            scope = self.projection(projection, &scope, show.at, false)?;
        }
        Ok(scope.names())
    }

    /// Checks a `WITH` (if `with`) or `RETURN` clause and returns the scope after it.
    pub(super) fn projection(
        &mut self,
        projection: &Projection,
        scope: &Scope,
        at: usize,
        with: bool,
    ) -> CheckResult<Scope> {
        if projection.everything && projection.items.is_empty() && scope.is_empty() && !with {
            return self.fail(
                "RETURN * is not allowed when there are no variables in scope",
                at,
            );
        }
        let mut after = Scope::default();
        if projection.everything {
            let mut variables: Vec<_> = scope.iter().collect();
            variables.sort_by_key(|(name, _)| *name);
            for (name, kind) in variables {
                after.declare(name, kind);
            }
        }
        for item in &projection.items {
            self.projection_item(item, scope, with)?;
            if after.find(&item.name).is_some() {
                let first = projection
                    .items
                    .first()
                    .map_or(at, |item| item.expression.at);
                return self.fail(
                    "Multiple result columns with the same name are not supported",
                    first,
                );
            }
            after.declare(&item.name, Self::type_of(&item.expression, scope));
        }
        self.order(projection, scope, &after)?;
        for amount in projection.skip.iter().chain(&projection.limit) {
            self.expression(amount, &Scope::default())?;
        }
        if let Some(predicate) = &projection.predicate {
            let mut visible = if hides_earlier_variables(projection) {
                Scope::default()
            } else {
                scope.clone()
            };
            visible.extend(&after);
            self.predicate(predicate, &visible)?;
        }
        Ok(after)
    }

    fn projection_item(&mut self, item: &ProjectionItem, scope: &Scope, with: bool) -> CheckResult {
        self.expression(&item.expression, scope)?;
        self.aggregates(&item.expression)?;
        let variable = matches!(item.expression.kind, ExprKind::Variable(_));
        if with && !item.aliased && !variable {
            return self.fail(
                "Expression in WITH must be aliased (use AS)",
                item.expression.at,
            );
        }
        Ok(())
    }

    fn order(&mut self, projection: &Projection, scope: &Scope, after: &Scope) -> CheckResult {
        let hides = hides_earlier_variables(projection);
        let mut visible = scope.clone();
        visible.extend(after);
        for sort in &projection.order {
            if is_projected(&sort.expression, projection) {
                continue;
            }
            self.expression(&sort.expression, &visible)?;
            if hides
                && let Some((name, at)) = Self::unprojected(&sort.expression, projection, after)
            {
                let message = format!(
                    "In a WITH/RETURN with DISTINCT or an aggregation, it is not possible to access variables declared before the \
                     WITH/RETURN: {name}"
                );
                return self.fail(&message, at);
            }
        }
        Ok(())
    }

    /// Finds a variable of a sort expression that is no longer visible after an aggregation.
    fn unprojected(
        expression: &Expr,
        projection: &Projection,
        after: &Scope,
    ) -> Option<(String, usize)> {
        if is_projected(expression, projection) {
            return None;
        }
        if let ExprKind::Variable(name) = &expression.kind {
            return after
                .find(name)
                .is_none()
                .then(|| (name.clone(), expression.at));
        }
        if expression.is_aggregate() {
            return None;
        }
        let mut found = None;
        expression.children(&mut |child| {
            if found.is_none() {
                found = Self::unprojected(child, projection, after);
            }
        });
        found
    }
}

/// Returns whether variables declared before the projection are not visible after it: `DISTINCT` or an
/// aggregation.
fn hides_earlier_variables(projection: &Projection) -> bool {
    projection.distinct
        || projection
            .items
            .iter()
            .any(|item| item.expression.aggregates())
}

fn is_projected(expression: &Expr, projection: &Projection) -> bool {
    projection
        .items
        .iter()
        .any(|item| item.expression == *expression)
}
