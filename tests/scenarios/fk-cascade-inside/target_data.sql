INSERT INTO parent VALUES (2, 2); INSERT INTO child VALUES (2, 2, 2), (3, 2, 3), (4, 2, 4);
