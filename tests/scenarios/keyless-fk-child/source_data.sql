INSERT INTO parent VALUES (3, 3); INSERT INTO achild VALUES (3, 1), (3, 1), (1, 1), (NULL, 2); INSERT INTO zchild VALUES (3, 0.5), (3, 0.5);
