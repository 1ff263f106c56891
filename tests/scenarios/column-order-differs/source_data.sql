INSERT INTO t VALUES (3, 3, 'three', '2023-03-03');
