//! Where the nodes of a graph stand: stress majorization (Gansner, Koren and North, 2004) from a radial start, so that the
//! distance of two nodes on the screen follows the number of relationships between them. Deterministic: no random numbers.

use std::collections::VecDeque;

/// Width of the picture in units of its height that components are packed for.
const ASPECT: f64 = 2.0;
/// Iterations of the majorization; it changes little after that.
const ITERATIONS: usize = 80;
/// Space between components, in lengths of a relationship.
const GAP: f64 = 1.1;

/// A place in the picture.
type GraphPoint = (f64, f64);

/// Returns a place for each node. Both coordinates start at 0; the length of a relationship is about 1.
pub fn positions(nodes: usize, edges: &[(usize, usize)]) -> Vec<GraphPoint> {
    let neighbours = adjacency(nodes, edges);
    let mut components: Vec<(Vec<usize>, Vec<GraphPoint>)> = components(&neighbours)
        .into_iter()
        .map(|members| {
            let points = laid_out(&members, &neighbours);
            (members, points)
        })
        .collect();
    components.sort_by_key(|(members, _)| std::cmp::Reverse(members.len()));
    packed(nodes, &components)
}

fn adjacency(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); nodes];
    for (from, to) in edges {
        for (one, other) in [(*from, *to), (*to, *from)] {
            if let Some(list) = neighbours.get_mut(one)
                && one != other
                && other < nodes
                && !list.contains(&other)
            {
                list.push(other);
            }
        }
    }
    neighbours
}

/// Returns the connected components, each from its first node.
fn components(neighbours: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut seen = vec![false; neighbours.len()];
    let mut found = Vec::new();
    for start in 0..neighbours.len() {
        if seen.get(start).copied().unwrap_or(true) {
            continue;
        }
        let distances = distances(start, neighbours);
        let members: Vec<usize> = (0..neighbours.len())
            .filter(|node| distances.get(*node).copied().flatten().is_some())
            .collect();
        for member in &members {
            if let Some(mark) = seen.get_mut(*member) {
                *mark = true;
            }
        }
        found.push(members);
    }
    found
}

/// Returns the number of relationships between a node and each other; `None` for nodes of other components.
fn distances(start: usize, neighbours: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut found = vec![None; neighbours.len()];
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((node, distance)) = queue.pop_front() {
        let Some(place) = found.get_mut(node).filter(|place| place.is_none()) else {
            continue;
        };
        *place = Some(distance);
        let next = neighbours.get(node).into_iter().flatten();
        queue.extend(next.map(|next| (*next, distance + 1)));
    }
    found
}

/// Returns the places of one component, around its middle.
fn laid_out(members: &[usize], neighbours: &[Vec<usize>]) -> Vec<GraphPoint> {
    let table: Vec<Vec<f64>> = members
        .iter()
        .map(|member| {
            let all = distances(*member, neighbours);
            members
                .iter()
                .map(|other| all.get(*other).copied().flatten().unwrap_or(1) as f64)
                .collect()
        })
        .collect();
    let mut points = radial(&table);
    for _ in 0..ITERATIONS {
        points = majorized(&points, &table);
    }
    along_its_axis(&points)
}

/// Returns the node with the least distance to all others in the middle, the others on circles by their distance. Each keeps the
/// direction of the one through which it is reached.
fn radial(table: &[Vec<f64>]) -> Vec<GraphPoint> {
    let sum = |row: &Vec<f64>| row.iter().sum::<f64>();
    let middle = table
        .iter()
        .enumerate()
        .min_by(|(_, one), (_, other)| sum(one).total_cmp(&sum(other)))
        .map_or(0, |(at, _)| at);
    let from_middle = table.get(middle).cloned().unwrap_or_default();
    let mut order: Vec<usize> = (0..table.len()).collect();
    order.sort_by(|one, other| {
        let distance = |at: &usize| from_middle.get(*at).copied().unwrap_or(0.0);
        distance(one).total_cmp(&distance(other))
    });
    let mut angles = vec![0.0; table.len()];
    let count = table.len().max(1) as f64;
    for (place, node) in order.iter().enumerate() {
        let distance = from_middle.get(*node).copied().unwrap_or(0.0);
        let parent = order.iter().take(place).find(|other| {
            let step = table.get(*node).and_then(|row| row.get(**other));
            step == Some(&1.0) && from_middle.get(**other) == Some(&(distance - 1.0))
        });
        let own = std::f64::consts::TAU * place as f64 / count;
        let parent = parent.filter(|_| distance > 1.0);
        let angle = parent.and_then(|parent| angles.get(*parent).copied());
        if let Some(target) = angles.get_mut(*node) {
            // A small turn by the place keeps nodes of one parent apart.
            *target = angle.map_or(own, |angle| {
                angle + 0.3 * (own - std::f64::consts::PI) / 6.0
            });
        }
    }
    angles
        .iter()
        .zip(&from_middle)
        .map(|(angle, distance)| (distance * angle.cos(), distance * angle.sin()))
        .collect()
}

/// Returns one step of the majorization: each node moves to the mean of where the others want it, nearer ones weighing more.
fn majorized(points: &[GraphPoint], table: &[Vec<f64>]) -> Vec<GraphPoint> {
    points
        .iter()
        .zip(table)
        .enumerate()
        .map(|(at, ((x, y), row))| {
            let (mut sum_x, mut sum_y, mut weights) = (0.0, 0.0, 0.0);
            for (other, ((other_x, other_y), distance)) in points.iter().zip(row).enumerate() {
                if other == at || *distance <= 0.0 {
                    continue;
                }
                let weight = distance.powi(-2);
                let (dx, dy) = (x - other_x, y - other_y);
                let length = dx.hypot(dy);
                // Two nodes in one place part in a direction of their own.
                let (dx, dy, length) = if length < 1e-6 {
                    let angle = at as f64 + 1.0;
                    (angle.cos(), angle.sin(), 1.0)
                } else {
                    (dx, dy, length)
                };
                sum_x += weight * (other_x + distance * dx / length);
                sum_y += weight * (other_y + distance * dy / length);
                weights += weight;
            }
            if weights > 0.0 {
                (sum_x / weights, sum_y / weights)
            } else {
                (*x, *y)
            }
        })
        .collect()
}

/// Returns the places turned so that the longest extent lies flat, moved to begin at 0.
fn along_its_axis(points: &[GraphPoint]) -> Vec<GraphPoint> {
    let count = points.len().max(1) as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in points {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    let angle = -0.5 * (2.0 * xy).atan2(xx - yy);
    let (sin, cos) = angle.sin_cos();
    let turned: Vec<GraphPoint> = points
        .iter()
        .map(|(x, y)| {
            let (dx, dy) = (x - mean_x, y - mean_y);
            (dx * cos - dy * sin, dx * sin + dy * cos)
        })
        .collect();
    let left = turned.iter().map(|(x, _)| *x).fold(f64::MAX, f64::min);
    let top = turned.iter().map(|(_, y)| *y).fold(f64::MAX, f64::min);
    turned
        .into_iter()
        .map(|(x, y)| (x - left, y - top))
        .collect()
}

/// Width and height of places that begin at 0.
fn extent(points: &[GraphPoint]) -> GraphPoint {
    points.iter().fold((0.0, 0.0), |(width, height), (x, y)| {
        (f64::max(width, *x), f64::max(height, *y))
    })
}

/// Returns the components in rows, the largest first.
fn packed(nodes: usize, components: &[(Vec<usize>, Vec<GraphPoint>)]) -> Vec<GraphPoint> {
    let mut places = vec![(0.0, 0.0); nodes];
    let area: f64 = components
        .iter()
        .map(|(_, points)| {
            let (width, height) = extent(points);
            (width + GAP) * (height + GAP)
        })
        .sum();
    let widest = components
        .iter()
        .map(|(_, points)| extent(points).0 + GAP)
        .fold(0.0, f64::max);
    let row_width = (area * ASPECT).sqrt().max(widest) + 1e-6;
    let (mut left, mut top, mut row_height) = (0.0, 0.0, 0.0_f64);
    for (members, points) in components {
        let (width, height) = extent(points);
        if left + width + GAP > row_width && left > 0.0 {
            top += row_height + GAP;
            (left, row_height) = (0.0, 0.0);
        }
        for (member, (x, y)) in members.iter().zip(points) {
            if let Some(place) = places.get_mut(*member) {
                *place = (left + x, top + y);
            }
        }
        left += width + GAP;
        row_height = row_height.max(height);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(one: GraphPoint, other: GraphPoint) -> f64 {
        (one.0 - other.0).hypot(one.1 - other.1)
    }

    #[test]
    fn a_chain_lies_flat_with_its_nodes_in_order() {
        let places = positions(4, &[(0, 1), (1, 2), (2, 3)]);
        let height = extent(&places).1;
        assert!(height < 0.5, "{places:?}");
        let xs: Vec<f64> = places.iter().map(|(x, _)| *x).collect();
        assert!(xs.is_sorted() || xs.iter().rev().is_sorted(), "{places:?}");
    }

    #[test]
    fn a_star_stands_around_its_middle_with_its_nodes_apart() {
        let edges: Vec<(usize, usize)> = (1..11).map(|leaf| (leaf, 0)).collect();
        let places = positions(11, &edges);
        for leaf in 1..11 {
            assert!(distance(places[leaf], places[0]) > 0.6, "{places:?}");
            for other in leaf + 1..11 {
                assert!(distance(places[leaf], places[other]) > 0.25, "{places:?}");
            }
        }
    }

    #[test]
    fn nodes_in_one_place_part() {
        let table = [vec![0.0, 1.0], vec![1.0, 0.0]];
        let places = majorized(&[(2.0, 3.0), (2.0, 3.0)], &table);
        assert!(distance(places[0], places[1]) > 0.1, "{places:?}");
    }

    #[test]
    fn components_do_not_overlap_and_the_picture_is_the_same_each_time() {
        let edges = [(0, 1), (1, 2), (3, 4), (5, 5), (9, 9)];
        let places = positions(7, &edges);
        assert_eq!(places, positions(7, &edges));
        for number in 0..7 {
            for other in number + 1..7 {
                assert!(distance(places[number], places[other]) > 0.5, "{places:?}");
            }
        }
        assert!(positions(0, &[]).is_empty());
        assert_eq!(positions(1, &[]), [(0.0, 0.0)]);
    }
}
