INSERT INTO film VALUES (1, 'one'); INSERT INTO film_text VALUES (1, 'one', 'a'), (2, 'two', 'b'), (3, 'three', NULL); INSERT INTO review VALUES (7, 2), (8, 3);
