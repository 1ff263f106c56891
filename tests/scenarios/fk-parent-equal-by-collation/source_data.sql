INSERT INTO p VALUES ('á', 1), ('STRASSE ', 2), ('Q', 3);
INSERT INTO c VALUES (1, 'A', 1), (2, 'straße', 2), (3, 'q ', 3);
