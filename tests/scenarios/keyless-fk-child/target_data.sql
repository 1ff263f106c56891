INSERT INTO parent VALUES (4, 4); INSERT INTO achild VALUES (4, 1), (4, 1); INSERT INTO zchild VALUES (4, 0.7), (4, 0.7), (2, 0.1);
