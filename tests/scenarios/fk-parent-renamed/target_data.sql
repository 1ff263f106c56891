SET foreign_key_checks = 1;
INSERT INTO p VALUES ('one', 1), ('two', 2), ('THREE', 3);
INSERT INTO own VALUES ('root', NULL), ('Leaf', 'root'), ('ea', 'leaf');
UPDATE c4 SET v = 8;
