INSERT INTO staff VALUES (1, NULL, 'head'), (2, 1, 'two');
INSERT INTO nodes VALUES (1, 1);
INSERT INTO loose VALUES (1, 1);
