INSERT INTO t SELECT i, 'new', 7 FROM seq.n WHERE i < 2000;
