SET foreign_key_checks = 1;
INSERT INTO p VALUES ('One', 1), ('twö', 2), ('three', 3);
INSERT INTO own VALUES ('Root', NULL), ('leaf', 'root'), ('éa', 'leaf');
UPDATE c1 SET k = 'TWO', v = 3 WHERE id = 2;
UPDATE c2 SET v = 7 WHERE id = 1;
