// The movies graph of Neo4j's guides: 38 movies, 133 people, and how they have to do with each other.
// Statements end with a semicolon, and no text or comment in them holds one.

UNWIND [
  ['The Matrix', 1999, 'Welcome to the Real World'],
  ['The Matrix Reloaded', 2003, 'Free your mind'],
  ['The Matrix Revolutions', 2003, 'Everything that has a beginning has an end'],
  ["The Devil's Advocate", 1997, 'Evil has its winning ways'],
  ['A Few Good Men', 1992, "In the heart of the nation's capital, in a courthouse of the U.S. government, one man will stop at nothing to keep his honor, and one will stop at nothing to find the truth."],
  ['Top Gun', 1986, 'I feel the need, the need for speed.'],
  ['Jerry Maguire', 2000, 'The rest of his life begins now.'],
  ['Stand By Me', 1986, "For some, it's the last real taste of innocence, and the first real taste of life. But for everyone, it's the time that memories are made of."],
  ['As Good as It Gets', 1997, 'A comedy from the heart that goes for the throat.'],
  ['What Dreams May Come', 1998, 'After life there is more. The end is just the beginning.'],
  ['Snow Falling on Cedars', 1999, 'First loves last. Forever.'],
  ["You've Got Mail", 1998, 'At odds in life... in love on-line.'],
  ['Sleepless in Seattle', 1993, 'What if someone you never met, someone you never saw, someone you never knew was the only someone for you?'],
  ['Joe Versus the Volcano', 1990, 'A story of love, lava and burning desire.'],
  ['When Harry Met Sally', 1998, 'Can two friends sleep together and still love each other in the morning?'],
  ['That Thing You Do', 1996, 'In every life there comes a time when that thing you dream becomes that thing you do'],
  ['The Replacements', 2000, 'Pain heals, Chicks dig scars... Glory lasts forever'],
  ['RescueDawn', 2006, "Based on the extraordinary true story of one man's fight for freedom"],
  ['The Birdcage', 1996, 'Come as you are'],
  ['Unforgiven', 1992, "It's a hell of a thing, killing a man"],
  ['Johnny Mnemonic', 1995, 'The hottest data on earth. In the coolest head in town'],
  ['Cloud Atlas', 2012, 'Everything is connected'],
  ['The Da Vinci Code', 2006, 'Break The Codes'],
  ['V for Vendetta', 2006, 'Freedom! Forever!'],
  ['Speed Racer', 2008, 'Speed has no limits'],
  ['Ninja Assassin', 2009, 'Prepare to enter a secret world of assassins'],
  ['The Green Mile', 1999, "Walk a mile you'll never forget."],
  ['Frost/Nixon', 2008, '400 million people were waiting for the truth.'],
  ['Hoffa', 1992, "He didn't want law. He wanted justice."],
  ['Apollo 13', 1995, 'Houston, we have a problem.'],
  ['Twister', 1996, "Don't Breathe. Don't Look Back."],
  ['Cast Away', 2000, 'At the edge of the world, his journey begins.'],
  ["One Flew Over the Cuckoo's Nest", 1975, "If he's crazy, what does that make you?"],
  ["Something's Gotta Give", 2003, null],
  ['Bicentennial Man', 1999, "One robot's 200 year journey to become an ordinary man."],
  ["Charlie Wilson's War", 2007, "A stiff drink. A little mascara. A lot of nerve. Who said they couldn't bring down the Soviet empire."],
  ['The Polar Express', 2004, 'This Holiday Season... Believe'],
  ['A League of Their Own', 1992, 'Once in a lifetime you get a chance to do something different.']
] AS row
CREATE (:Movie {title: row[0], released: row[1], tagline: row[2]});

UNWIND [
  ['Keanu Reeves', 1964], ['Carrie-Anne Moss', 1967], ['Laurence Fishburne', 1961], ['Hugo Weaving', 1960], ['Lilly Wachowski', 1967],
  ['Lana Wachowski', 1965], ['Joel Silver', 1952], ['Emil Eifrem', 1978], ['Charlize Theron', 1975], ['Al Pacino', 1940],
  ['Taylor Hackford', 1944], ['Tom Cruise', 1962], ['Jack Nicholson', 1937], ['Demi Moore', 1962], ['Kevin Bacon', 1958],
  ['Kiefer Sutherland', 1966], ['Noah Wyle', 1971], ['Cuba Gooding Jr.', 1968], ['Kevin Pollak', 1957], ['J.T. Walsh', 1943],
  ['James Marshall', 1967], ['Christopher Guest', 1948], ['Rob Reiner', 1947], ['Aaron Sorkin', 1961], ['Kelly McGillis', 1957],
  ['Val Kilmer', 1959], ['Anthony Edwards', 1962], ['Tom Skerritt', 1933], ['Meg Ryan', 1961], ['Tony Scott', 1944],
  ['Jim Cash', 1941], ['Renee Zellweger', 1969], ['Kelly Preston', 1962], ["Jerry O'Connell", 1974], ['Jay Mohr', 1970],
  ['Bonnie Hunt', 1961], ['Regina King', 1971], ['Jonathan Lipnicki', 1996], ['Cameron Crowe', 1957], ['River Phoenix', 1970],
  ['Corey Feldman', 1971], ['Wil Wheaton', 1972], ['John Cusack', 1966], ['Marshall Bell', 1942], ['Helen Hunt', 1963],
  ['Greg Kinnear', 1963], ['James L. Brooks', 1940], ['Annabella Sciorra', 1960], ['Max von Sydow', 1929], ['Werner Herzog', 1942],
  ['Robin Williams', 1951], ['Vincent Ward', 1956], ['Ethan Hawke', 1970], ['Rick Yune', 1971], ['James Cromwell', 1940],
  ['Scott Hicks', 1953], ['Parker Posey', 1968], ['Dave Chappelle', 1973], ['Steve Zahn', 1967], ['Tom Hanks', 1956],
  ['Nora Ephron', 1941], ['Rita Wilson', 1956], ['Bill Pullman', 1953], ['Victor Garber', 1949], ["Rosie O'Donnell", 1962],
  ['John Patrick Stanley', 1950], ['Nathan Lane', 1956], ['Billy Crystal', 1948], ['Carrie Fisher', 1956], ['Bruno Kirby', 1949],
  ['Liv Tyler', 1977], ['Brooke Langton', 1970], ['Gene Hackman', 1930], ['Orlando Jones', 1968], ['Howard Deutch', 1950],
  ['Christian Bale', 1974], ['Zach Grenier', 1954], ['Mike Nichols', 1931], ['Richard Harris', 1930], ['Clint Eastwood', 1930],
  ['Takeshi Kitano', 1947], ['Dina Meyer', 1968], ['Ice-T', 1958], ['Robert Longo', 1953], ['Halle Berry', 1966],
  ['Jim Broadbent', 1949], ['Tom Tykwer', 1965], ['David Mitchell', 1969], ['Stefan Arndt', 1961], ['Ian McKellen', 1939],
  ['Audrey Tautou', 1976], ['Paul Bettany', 1971], ['Ron Howard', 1954], ['Natalie Portman', 1981], ['Stephen Rea', 1946],
  ['John Hurt', 1940], ['Ben Miles', 1967], ['Emile Hirsch', 1985], ['John Goodman', 1960], ['Susan Sarandon', 1946],
  ['Matthew Fox', 1966], ['Christina Ricci', 1980], ['Rain', 1982], ['Naomie Harris', null], ['Michael Clarke Duncan', 1957],
  ['David Morse', 1953], ['Sam Rockwell', 1968], ['Gary Sinise', 1955], ['Patricia Clarkson', 1959], ['Frank Darabont', 1959],
  ['Frank Langella', 1938], ['Michael Sheen', 1969], ['Oliver Platt', 1960], ['Danny DeVito', 1944], ['John C. Reilly', 1965],
  ['Ed Harris', 1950], ['Bill Paxton', 1955], ['Philip Seymour Hoffman', 1967], ['Jan de Bont', 1943], ['Robert Zemeckis', 1951],
  ['Milos Forman', 1932], ['Diane Keaton', 1946], ['Nancy Meyers', 1949], ['Chris Columbus', 1958], ['Julia Roberts', 1967],
  ['Madonna', 1954], ['Geena Davis', 1956], ['Lori Petty', 1963], ['Penny Marshall', 1943], ['Paul Blythe', null],
  ['Angela Scope', null], ['Jessica Thompson', null], ['James Thompson', null]
] AS row
CREATE (:Person {name: row[0], born: row[1]});

UNWIND [
  ['The Matrix', ['Keanu Reeves', 'Neo'], ['Carrie-Anne Moss', 'Trinity'], ['Laurence Fishburne', 'Morpheus'], ['Hugo Weaving', 'Agent Smith'], ['Emil Eifrem', 'Emil']],
  ['The Matrix Reloaded', ['Keanu Reeves', 'Neo'], ['Carrie-Anne Moss', 'Trinity'], ['Laurence Fishburne', 'Morpheus'], ['Hugo Weaving', 'Agent Smith']],
  ['The Matrix Revolutions', ['Keanu Reeves', 'Neo'], ['Carrie-Anne Moss', 'Trinity'], ['Laurence Fishburne', 'Morpheus'], ['Hugo Weaving', 'Agent Smith']],
  ["The Devil's Advocate", ['Keanu Reeves', 'Kevin Lomax'], ['Charlize Theron', 'Mary Ann Lomax'], ['Al Pacino', 'John Milton']],
  ['A Few Good Men', ['Tom Cruise', 'Lt. Daniel Kaffee'], ['Jack Nicholson', 'Col. Nathan R. Jessup'], ['Demi Moore', 'Lt. Cdr. JoAnne Galloway'], ['Kevin Bacon', 'Capt. Jack Ross'], ['Kiefer Sutherland', 'Lt. Jonathan Kendrick'], ['Noah Wyle', 'Cpl. Jeffrey Barnes'], ['Cuba Gooding Jr.', 'Cpl. Carl Hammaker'], ['Kevin Pollak', 'Lt. Sam Weinberg'], ['J.T. Walsh', 'Lt. Col. Matthew Andrew Markinson'], ['James Marshall', 'Pfc. Louden Downey'], ['Christopher Guest', 'Dr. Stone'], ['Aaron Sorkin', 'Man in Bar']],
  ['Top Gun', ['Tom Cruise', 'Maverick'], ['Kelly McGillis', 'Charlie'], ['Val Kilmer', 'Iceman'], ['Anthony Edwards', 'Goose'], ['Tom Skerritt', 'Viper'], ['Meg Ryan', 'Carole']],
  ['Jerry Maguire', ['Tom Cruise', 'Jerry Maguire'], ['Cuba Gooding Jr.', 'Rod Tidwell'], ['Renee Zellweger', 'Dorothy Boyd'], ['Kelly Preston', 'Avery Bishop'], ["Jerry O'Connell", 'Frank Cushman'], ['Jay Mohr', 'Bob Sugar'], ['Bonnie Hunt', 'Laurel Boyd'], ['Regina King', 'Marcee Tidwell'], ['Jonathan Lipnicki', 'Ray Boyd']],
  ['Stand By Me', ['Wil Wheaton', 'Gordie Lachance'], ['River Phoenix', 'Chris Chambers'], ["Jerry O'Connell", 'Vern Tessio'], ['Corey Feldman', 'Teddy Duchamp'], ['John Cusack', 'Denny Lachance'], ['Kiefer Sutherland', 'Ace Merrill'], ['Marshall Bell', 'Mr. Lachance']],
  ['As Good as It Gets', ['Jack Nicholson', 'Melvin Udall'], ['Helen Hunt', 'Carol Connelly'], ['Greg Kinnear', 'Simon Bishop'], ['Cuba Gooding Jr.', 'Frank Sachs']],
  ['What Dreams May Come', ['Robin Williams', 'Chris Nielsen'], ['Cuba Gooding Jr.', 'Albert Lewis'], ['Annabella Sciorra', 'Annie Collins-Nielsen'], ['Max von Sydow', 'The Tracker'], ['Werner Herzog', 'The Face']],
  ['Snow Falling on Cedars', ['Ethan Hawke', 'Ishmael Chambers'], ['Rick Yune', 'Kazuo Miyamoto'], ['Max von Sydow', 'Nels Gudmundsson'], ['James Cromwell', 'Judge Fielding']],
  ["You've Got Mail", ['Tom Hanks', 'Joe Fox'], ['Meg Ryan', 'Kathleen Kelly'], ['Greg Kinnear', 'Frank Navasky'], ['Parker Posey', 'Patricia Eden'], ['Dave Chappelle', 'Kevin Jackson'], ['Steve Zahn', 'George Pappas']],
  ['Sleepless in Seattle', ['Tom Hanks', 'Sam Baldwin'], ['Meg Ryan', 'Annie Reed'], ['Rita Wilson', 'Suzy'], ['Bill Pullman', 'Walter'], ['Victor Garber', 'Greg'], ["Rosie O'Donnell", 'Becky']],
  ['Joe Versus the Volcano', ['Tom Hanks', 'Joe Banks'], ['Meg Ryan', 'DeDe', 'Angelica Graynamore', 'Patricia Graynamore'], ['Nathan Lane', 'Baw']],
  ['When Harry Met Sally', ['Billy Crystal', 'Harry Burns'], ['Meg Ryan', 'Sally Albright'], ['Carrie Fisher', 'Marie'], ['Bruno Kirby', 'Jess']],
  ['That Thing You Do', ['Tom Hanks', 'Mr. White'], ['Liv Tyler', 'Faye Dolan'], ['Charlize Theron', 'Tina']],
  ['The Replacements', ['Keanu Reeves', 'Shane Falco'], ['Brooke Langton', 'Annabelle Farrell'], ['Gene Hackman', 'Jimmy McGinty'], ['Orlando Jones', 'Clifford Franklin']],
  ['RescueDawn', ['Marshall Bell', 'Admiral'], ['Christian Bale', 'Dieter Dengler'], ['Zach Grenier', 'Squad Leader'], ['Steve Zahn', 'Duane']],
  ['The Birdcage', ['Robin Williams', 'Armand Goldman'], ['Nathan Lane', 'Albert Goldman'], ['Gene Hackman', 'Sen. Kevin Keeley']],
  ['Unforgiven', ['Richard Harris', 'English Bob'], ['Clint Eastwood', 'Bill Munny'], ['Gene Hackman', 'Little Bill Daggett']],
  ['Johnny Mnemonic', ['Keanu Reeves', 'Johnny Mnemonic'], ['Takeshi Kitano', 'Takahashi'], ['Dina Meyer', 'Jane'], ['Ice-T', 'J-Bone']],
  ['Cloud Atlas', ['Tom Hanks', 'Zachry', 'Dr. Henry Goose', 'Isaac Sachs', 'Dermot Hoggins'], ['Hugo Weaving', 'Bill Smoke', 'Haskell Moore', 'Tadeusz Kesselring', 'Nurse Noakes', 'Boardman Mephi', 'Old Georgie'], ['Halle Berry', 'Luisa Rey', 'Jocasta Ayrs', 'Ovid', 'Meronym'], ['Jim Broadbent', 'Vyvyan Ayrs', 'Captain Molyneux', 'Timothy Cavendish']],
  ['The Da Vinci Code', ['Tom Hanks', 'Dr. Robert Langdon'], ['Ian McKellen', 'Sir Leight Teabing'], ['Audrey Tautou', 'Sophie Neveu'], ['Paul Bettany', 'Silas']],
  ['V for Vendetta', ['Hugo Weaving', 'V'], ['Natalie Portman', 'Evey Hammond'], ['Stephen Rea', 'Eric Finch'], ['John Hurt', 'High Chancellor Adam Sutler'], ['Ben Miles', 'Dascomb']],
  ['Speed Racer', ['Emile Hirsch', 'Speed Racer'], ['John Goodman', 'Pops'], ['Susan Sarandon', 'Mom'], ['Matthew Fox', 'Racer X'], ['Christina Ricci', 'Trixie'], ['Rain', 'Taejo Togokahn'], ['Ben Miles', 'Cass Jones']],
  ['Ninja Assassin', ['Rain', 'Raizo'], ['Naomie Harris', 'Mika Coretti'], ['Rick Yune', 'Takeshi'], ['Ben Miles', 'Ryan Maslow']],
  ['The Green Mile', ['Tom Hanks', 'Paul Edgecomb'], ['Michael Clarke Duncan', 'John Coffey'], ['David Morse', 'Brutus "Brutal" Howell'], ['Bonnie Hunt', 'Jan Edgecomb'], ['James Cromwell', 'Warden Hal Moores'], ['Sam Rockwell', '"Wild Bill" Wharton'], ['Gary Sinise', 'Burt Hammersmith'], ['Patricia Clarkson', 'Melinda Moores']],
  ['Frost/Nixon', ['Frank Langella', 'Richard Nixon'], ['Michael Sheen', 'David Frost'], ['Kevin Bacon', 'Jack Brennan'], ['Oliver Platt', 'Bob Zelnick'], ['Sam Rockwell', 'James Reston, Jr.']],
  ['Hoffa', ['Jack Nicholson', 'Hoffa'], ['Danny DeVito', 'Robert "Bobby" Ciaro'], ['J.T. Walsh', 'Frank Fitzsimmons'], ['John C. Reilly', 'Peter "Pete" Connelly']],
  ['Apollo 13', ['Tom Hanks', 'Jim Lovell'], ['Kevin Bacon', 'Jack Swigert'], ['Ed Harris', 'Gene Kranz'], ['Bill Paxton', 'Fred Haise'], ['Gary Sinise', 'Ken Mattingly']],
  ['Twister', ['Bill Paxton', 'Bill Harding'], ['Helen Hunt', 'Dr. Jo Harding'], ['Zach Grenier', 'Eddie'], ['Philip Seymour Hoffman', 'Dustin "Dusty" Davis']],
  ['Cast Away', ['Tom Hanks', 'Chuck Noland'], ['Helen Hunt', 'Kelly Frears']],
  ["One Flew Over the Cuckoo's Nest", ['Jack Nicholson', 'Randle McMurphy'], ['Danny DeVito', 'Martini']],
  ["Something's Gotta Give", ['Jack Nicholson', 'Harry Sanborn'], ['Diane Keaton', 'Erica Barry'], ['Keanu Reeves', 'Julian Mercer']],
  ['Bicentennial Man', ['Robin Williams', 'Andrew Marin'], ['Oliver Platt', 'Rupert Burns']],
  ["Charlie Wilson's War", ['Tom Hanks', 'Rep. Charlie Wilson'], ['Julia Roberts', 'Joanne Herring'], ['Philip Seymour Hoffman', 'Gust Avrakotos']],
  ['The Polar Express', ['Tom Hanks', 'Hero Boy', 'Father', 'Conductor', 'Hobo', 'Scrooge', 'Santa Claus']],
  ['A League of Their Own', ['Tom Hanks', 'Jimmy Dugan'], ['Geena Davis', 'Dottie Hinson'], ['Lori Petty', 'Kit Keller'], ["Rosie O'Donnell", 'Doris Murphy'], ['Madonna', '"All the Way" Mae Mordabito'], ['Bill Paxton', 'Bob Hinson']]
] AS row
MATCH (movie:Movie {title: row[0]})
UNWIND row[1..] AS part
MATCH (person:Person {name: part[0]})
CREATE (person)-[:ACTED_IN {roles: part[1..]}]->(movie);

UNWIND [
  ['Lilly Wachowski', 'The Matrix', 'The Matrix Reloaded', 'The Matrix Revolutions', 'Speed Racer', 'Cloud Atlas'],
  ['Lana Wachowski', 'The Matrix', 'The Matrix Reloaded', 'The Matrix Revolutions', 'Speed Racer', 'Cloud Atlas'],
  ['Taylor Hackford', "The Devil's Advocate"], ['Rob Reiner', 'A Few Good Men', 'Stand By Me', 'When Harry Met Sally'],
  ['Tony Scott', 'Top Gun'], ['Cameron Crowe', 'Jerry Maguire'], ['James L. Brooks', 'As Good as It Gets'],
  ['Vincent Ward', 'What Dreams May Come'], ['Scott Hicks', 'Snow Falling on Cedars'],
  ['Nora Ephron', "You've Got Mail", 'Sleepless in Seattle'], ['John Patrick Stanley', 'Joe Versus the Volcano'],
  ['Tom Hanks', 'That Thing You Do'], ['Howard Deutch', 'The Replacements'], ['Werner Herzog', 'RescueDawn'],
  ['Mike Nichols', 'The Birdcage', "Charlie Wilson's War"], ['Clint Eastwood', 'Unforgiven'], ['Robert Longo', 'Johnny Mnemonic'],
  ['Tom Tykwer', 'Cloud Atlas'], ['Ron Howard', 'The Da Vinci Code', 'Frost/Nixon', 'Apollo 13'],
  ['James Marshall', 'V for Vendetta', 'Ninja Assassin'], ['Frank Darabont', 'The Green Mile'], ['Danny DeVito', 'Hoffa'],
  ['Jan de Bont', 'Twister'], ['Robert Zemeckis', 'Cast Away', 'The Polar Express'],
  ['Milos Forman', "One Flew Over the Cuckoo's Nest"], ['Nancy Meyers', "Something's Gotta Give"],
  ['Chris Columbus', 'Bicentennial Man'], ['Penny Marshall', 'A League of Their Own']
] AS row
MATCH (person:Person {name: row[0]})
UNWIND row[1..] AS title
MATCH (movie:Movie {title: title})
CREATE (person)-[:DIRECTED]->(movie);

UNWIND [
  ['Joel Silver', 'The Matrix', 'The Matrix Reloaded', 'The Matrix Revolutions', 'V for Vendetta', 'Speed Racer', 'Ninja Assassin'],
  ['Lilly Wachowski', 'V for Vendetta', 'Ninja Assassin'], ['Lana Wachowski', 'V for Vendetta', 'Ninja Assassin'],
  ['Cameron Crowe', 'Jerry Maguire'], ['Nora Ephron', 'When Harry Met Sally'], ['Rob Reiner', 'When Harry Met Sally'],
  ['Stefan Arndt', 'Cloud Atlas'], ['Nancy Meyers', "Something's Gotta Give"]
] AS row
MATCH (person:Person {name: row[0]})
UNWIND row[1..] AS title
MATCH (movie:Movie {title: title})
CREATE (person)-[:PRODUCED]->(movie);

UNWIND [
  ['Aaron Sorkin', 'A Few Good Men'], ['Jim Cash', 'Top Gun'], ['Cameron Crowe', 'Jerry Maguire'],
  ['Nora Ephron', 'When Harry Met Sally'], ['David Mitchell', 'Cloud Atlas'], ['Lilly Wachowski', 'V for Vendetta', 'Speed Racer'],
  ['Lana Wachowski', 'V for Vendetta', 'Speed Racer'], ['Nancy Meyers', "Something's Gotta Give"]
] AS row
MATCH (person:Person {name: row[0]})
UNWIND row[1..] AS title
MATCH (movie:Movie {title: title})
CREATE (person)-[:WROTE]->(movie);

UNWIND [
  ['Jessica Thompson', 'Cloud Atlas', 'An amazing journey', 95],
  ['Jessica Thompson', 'The Replacements', 'Silly, but fun', 65],
  ['James Thompson', 'The Replacements', 'The coolest football movie ever', 100],
  ['Angela Scope', 'The Replacements', 'Pretty funny at times', 62],
  ['Jessica Thompson', 'Unforgiven', 'Dark, but compelling', 85],
  ['Jessica Thompson', 'The Birdcage', "Slapstick redeemed only by the Robin Williams and Gene Hackman's stellar performances", 45],
  ['Jessica Thompson', 'The Da Vinci Code', 'A solid romp', 68],
  ['James Thompson', 'The Da Vinci Code', 'Fun, but a little far fetched', 65],
  ['Jessica Thompson', 'Jerry Maguire', 'You had me at Jerry', 92]
] AS row
MATCH (person:Person {name: row[0]})
MATCH (movie:Movie {title: row[1]})
CREATE (person)-[:REVIEWED {summary: row[2], rating: row[3]}]->(movie);

UNWIND [['James Thompson', 'Jessica Thompson'], ['Angela Scope', 'Jessica Thompson'], ['Paul Blythe', 'Angela Scope']] AS row
MATCH (follower:Person {name: row[0]})
MATCH (followed:Person {name: row[1]})
CREATE (follower)-[:FOLLOWS]->(followed);
