SET foreign_key_checks = 0;
INSERT INTO c1 VALUES (1, 'one', 1), (2, 'two', 2);
INSERT INTO c2 VALUES (1, 'one', 1), (2, 'Three', 2);
INSERT INTO c3 VALUES (1, 'two', 1), (2, 'ONE', 2);
INSERT INTO c4 VALUES (1, 'threé', 1);
