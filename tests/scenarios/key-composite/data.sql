INSERT INTO t SELECT x.i, y.i, x.i * 100 + y.i FROM seq.n x, seq.n y WHERE x.i < 15 AND y.i < 60;
