INSERT INTO parent (id) VALUES (1), (2); INSERT INTO child (id, parent) VALUES (1, 1), (2, 2);
