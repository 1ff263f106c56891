INSERT INTO t SELECT i, i % 4, i FROM seq.n WHERE i < 400;
