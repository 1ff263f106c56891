INSERT INTO t VALUES (11, 'move', 0.1, 1.5, 'p', 'p,q', 2000, b'101', '2026-01-02 03:04:05.678', ST_GeomFromText('POINT(1 2)'), x'00ff', 'é', 'b', 2);
INSERT INTO t VALUES (10, 'move', 0.2, 2.5, 'q', 'q', 1999, b'1', '2026-01-02 03:04:05.6', ST_GeomFromText('POINT(3 4)'), x'01', 'e', 'a', 1);
DELETE FROM t WHERE b = 'w' AND v = 1;
INSERT INTO t (a, b, u, v) VALUES (NULL, 'w', NULL, 1), (NULL, 'w', NULL, 2);
