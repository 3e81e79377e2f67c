"""A bug for chaos to notice: an order that ends without an invoice keeps its stock."""

from ordering.shop import Shop

Shop.release = lambda self, order_id, stage=None: False
