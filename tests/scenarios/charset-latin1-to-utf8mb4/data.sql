INSERT INTO t VALUES (1, 'é', 'naïve'), (2, '€', 'Zürich'), (3, 'plain', 'plain'), (4, NULL, ''), (5, 'ÿ', 'ß');
