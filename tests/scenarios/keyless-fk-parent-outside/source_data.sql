UPDATE zparent SET v = 2;
