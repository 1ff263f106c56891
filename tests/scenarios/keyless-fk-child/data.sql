INSERT INTO parent VALUES (1, 1), (2, 2); INSERT INTO achild VALUES (1, 1), (1, 1), (NULL, 1); INSERT INTO zchild VALUES (2, 0.1), (2, 0.1);
