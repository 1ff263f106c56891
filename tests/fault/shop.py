"""Tables whose plan has all: inserts, updates, deletes, exchanged values, foreign keys, no key."""

SCHEMA = """
CREATE TABLE customer (id INT PRIMARY KEY, email VARCHAR(40) NOT NULL UNIQUE,
  name VARCHAR(40)) ENGINE=InnoDB;
CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT NOT NULL, place INT NOT NULL,
  note VARCHAR(40), UNIQUE KEY (customer_id, place),
  FOREIGN KEY (customer_id) REFERENCES customer (id)) ENGINE=InnoDB;
CREATE TABLE tag (id INT PRIMARY KEY, parent INT NULL, label VARCHAR(20) UNIQUE,
  FOREIGN KEY (parent) REFERENCES tag (id)) ENGINE=InnoDB;
CREATE TABLE plain (id BIGINT PRIMARY KEY, v VARCHAR(30), b BLOB) ENGINE=InnoDB;
CREATE TABLE log (customer_id INT NULL, ratio FLOAT NULL, line VARCHAR(30),
  FOREIGN KEY (customer_id) REFERENCES customer (id)) ENGINE=InnoDB;
INSERT INTO customer SELECT i, CONCAT('c', i, '@example.org'), CONCAT('name ', i) FROM seq.n
  WHERE i BETWEEN 1 AND 30;
INSERT INTO orders SELECT i, 1 + i MOD 30, i, CONCAT('note ', i) FROM seq.n
  WHERE i BETWEEN 1 AND 60;
INSERT INTO tag SELECT i, NULLIF(i DIV 2, 0), CONCAT('tag ', i) FROM seq.n
  WHERE i BETWEEN 1 AND 12 ORDER BY i;
INSERT INTO plain SELECT i, CONCAT('value ', i), REPEAT(CHAR(i USING latin1), 40) FROM seq.n
  WHERE i BETWEEN 1 AND 80;
INSERT INTO log SELECT NULLIF(i MOD 5, 0), 0.1, 'started' FROM seq.n WHERE i BETWEEN 1 AND 20;
"""

DAMAGE = """
UPDATE customer SET email = CASE id WHEN 1 THEN 'x' WHEN 2 THEN 'y' ELSE 'z' END
  WHERE id IN (1, 2, 20);
UPDATE customer SET email = CASE id WHEN 1 THEN 'c2@example.org' WHEN 2 THEN 'c20@example.org'
  ELSE 'c1@example.org' END WHERE id IN (1, 2, 20);
UPDATE customer SET name = 'wrong' WHERE id = 11;
DELETE FROM log WHERE customer_id = 1 LIMIT 2;
UPDATE log SET ratio = 0.10000001 WHERE customer_id = 2 LIMIT 3;
INSERT INTO log VALUES (NULL, 0.1, 'started'), (NULL, 0.1, 'Started'), (3, NULL, 'started');
DELETE FROM orders WHERE customer_id = 6;
DELETE FROM customer WHERE id = 6;
INSERT INTO customer VALUES (900, 'extra@example.org', 'extra');
INSERT INTO orders VALUES (901, 900, 1, 'extra'), (902, 900, 2, 'extra');
INSERT INTO log VALUES (900, 1, 'extra'), (900, 1, 'extra');
UPDATE orders SET place = -id WHERE customer_id = 10;
UPDATE orders SET place = 49 - id WHERE customer_id = 10;
UPDATE orders SET note = NULL WHERE id IN (30, 31);
DELETE FROM tag WHERE id IN (10, 11);
DELETE FROM tag WHERE id = 5;
UPDATE tag SET label = 'tag 10' WHERE id = 3;
INSERT INTO tag VALUES (50, 3, 'extra'), (51, 50, 'more');
DELETE FROM plain WHERE id IN (7, 8, 41);
UPDATE plain SET v = 'wrong', b = NULL WHERE id IN (3, 20, 63);
INSERT INTO plain VALUES (-4, 'extra', 'b'), (500, 'extra', 'b');
"""

MANY_UNITS = "chunk_rows = 8\n"
FEW_UNITS = "chunk_rows = 50\n"


def load(bench, pair=MANY_UNITS):
    bench.load(SCHEMA, target=DAMAGE)
    bench.manifest(pair=pair)
