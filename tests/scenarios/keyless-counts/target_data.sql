INSERT INTO t VALUES (1, 'a'), (2, 'b'), (2, 'b'), (2, 'b'), (4, 'd'), (7, NULL), (7, NULL), (7, NULL);
INSERT INTO t SELECT 5, 'e' FROM seq.n WHERE i < 600;
INSERT INTO t SELECT 6, 'f' FROM seq.n WHERE i < 500;
